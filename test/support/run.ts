/** Runs other programs for a test: what they print when they succeed, an error with it when they do not. */
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export async function run(command: string, args: readonly string[], cwd = repository): Promise<string> {
  try {
    // tap hangs its own loader on every process that a test starts, through this variable and after our say.
    const clean = ['-u', 'NODE_OPTIONS', command, ...args]
    const { stdout } = await promisify(execFile)('env', clean, { cwd, env: cleanEnvironment() })
    return stdout
  } catch (error) {
    // The message has the command and what it said on stderr; compilers and linters say it on stdout.
    const { message, stdout = '' } = error as Error & { stdout?: string }
    throw new Error(`${message}\n${stdout}`)
  }
}

/** A command of a development dependency, on the Node that runs the test. */
export function runTool(name: string, args: readonly string[], cwd?: string): Promise<string> {
  return run(process.execPath, [join(repository, 'node_modules/.bin', name), ...args], cwd)
}

/** Tests of `dist` must not pass on an old one. They do not build it themselves: several run at the same time. */
export function requireFreshBuild(): void {
  const built = statSync(join(repository, 'dist/index.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  if (sources.some((path) => statSync(join(repository, 'src', path)).mtimeMs > built)) {
    throw new Error('dist is older than src: run `npm run build` first')
  }
}

/** Without what npm tells its scripts: a nested npm would take this repository for its own project. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = ([name]: [string, unknown]) => !/^(npm_|NODE_ENV$)/.test(name)
  return Object.fromEntries(Object.entries(process.env).filter(own))
}
