/** The README is run: its server starts, its commands answer as it says, and its tables name everything that there is. */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { errors } from '../src/errors.ts'
import { readOptions } from '../src/options.ts'
import { sqliteFile } from './support/databases.ts'
import { freePort } from './support/free-port.ts'
import { repository, requireFreshBuild } from './support/run.ts'

const readme = readFileSync(join(repository, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({ language, text }))
const ofLanguage = (name: string) => blocks.filter(({ language }) => language === name).map(({ text }) => String(text))

requireFreshBuild()

t.test('the first server runs, and the commands answer as shown', async (t) => {
  const [server = ''] = ofLanguage('js')
  const folder = join(repository, 'node_modules/.cache/readme')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'server.mjs'), server)
  const port = await freePort()
  // tap hangs its own loader on every process that a test starts.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, join(folder, 'server.mjs')], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PORT: String(port),
      AUTH_SECRET: 'a secret for the readme, long enough',
      DATABASE_URL: sqliteFile(t)
    }
  })
  t.teardown(() => child.kill())
  await answers(port)

  const [, signup = '', walk = ''] = ofLanguage('sh')
  const [, ended = ''] = ofLanguage('json')
  const session = JSON.parse(await shell(signup, port))
  t.match(session, { user: { email: 'ada@example.com' }, tokenType: 'Bearer', expiresIn: 600 })

  const tokens = { ACCESS_TOKEN: session.accessToken, REFRESH_TOKEN: session.refreshToken }
  const lines: string[] = []
  for (const command of walk.trim().split('\n')) lines.push(await shell(command, port, tokens))
  const [hello, refreshed, signedOut, refused] = lines
  t.same(JSON.parse(String(hello)), { hello: 'ada@example.com' })
  t.match(JSON.parse(String(refreshed)), { tokenType: 'Bearer' })
  t.equal(signedOut, '')
  t.same(JSON.parse(String(refused)), JSON.parse(ended))
})

t.test('every option, route and error code is named', async (t) => {
  const { routes, ...config } = readOptions({ secret: 'a secret for the readme, long enough' }, { production: false })
  for (const name of Object.keys(errors)) t.ok(readme.includes(`\`${name}\``), name)
  for (const name of Object.keys(routes).filter((name) => !/jwks|ApiKey|apiKeys/.test(name))) {
    t.ok(readme.includes(`\`${name}\``), name)
  }
  for (const name of ['secret', 'transport', 'hooks', 'policy', ...Object.keys(config)].filter(isOption)) {
    t.ok(readme.includes(`\`${name}\``), name)
  }
})

/** What only the house calls by these names. */
const isOption = (name: string) =>
  !['production', 'secrets', 'transports', 'sendsMail', 'lettersPerHour', 'warnings'].includes(name)

async function shell(command: string, port: number, environment: Record<string, string> = {}): Promise<string> {
  const here = command.replaceAll('localhost:3000', `localhost:${port}`)
  const { stdout } = await promisify(execFile)('bash', ['-c', here], { env: { ...process.env, ...environment } })
  return stdout
}

async function answers(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://localhost:${port}/hello`).catch(() => undefined)
    if (answer) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
