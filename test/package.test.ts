/** What npm would publish, as somebody meets it who installs it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { repository, requireFreshBuild, run, runTool } from './support/run.ts'

interface Manifest {
  readonly name: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

requireFreshBuild()
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-package-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const manifest: Manifest = readJson(join(repository, 'package.json'))
const [packed] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]))
const tarball = join(folder, packed.filename)
const consumer = join(folder, 'consumer')
await install()

t.test('the tarball holds what is needed and nothing else', async (t) => {
  const paths: string[] = packed.files.map((file: { path: string }) => file.path)
  const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
  t.same(paths.filter((path) => !path.startsWith('dist/')).sort(), documents)
  t.same(
    paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path)),
    []
  )
})

t.test('no dependency is a folder of ours or a copy of Node', async (t) => {
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  const all = Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  t.ok(all.length > 5)
  t.same(
    all.filter(([name, range]) => /^(file|link|workspace|git|https?):/.test(range) || /^node(-|$)/.test(name)),
    []
  )
})

t.test('no installed dependency runs a script at install or has a licence that binds the host', async (t) => {
  const { packages } = readJson<{ packages: Record<string, { hasInstallScript?: true }> }>(
    join(consumer, 'node_modules/.package-lock.json')
  )
  const installed = Object.entries(packages)
  t.ok(installed.length > 20)
  t.same(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    []
  )
  const licences = installed.map(([path]) => [path, readJson<Manifest>(join(consumer, path, 'package.json')).license])
  const free = /^\(?(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|CC0-1\.0)\b/
  t.same(
    licences.filter(([, licence]) => !free.test(licence ?? '')),
    []
  )
})

t.test('an ES module walks from sign-up to a guarded route', async (t) => {
  t.equal(await run(process.execPath, ['esm.mjs'], consumer), '201 200 ada@example.com true\n')
})

t.test('require() from CommonJS walks the same way', async (t) => {
  t.equal(await run(process.execPath, ['cjs.cjs'], consumer), '201 200 ada@example.com true\n')
})

t.test('a strict consumer compiles against the types, those of dependencies checked too', async (t) => {
  t.equal(await runTool('tsc', ['-p', '.'], consumer), '')
})

t.test('publint finds nothing', async (t) => {
  t.match(await runTool('publint', ['run', tarball, '--strict']), 'All good!')
})

t.test('the types are found by every way of resolving an ES module', async (t) => {
  t.match(await runTool('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']), 'node16 (from ESM)')
})

async function install(): Promise<void> {
  cpSync(join(repository, 'test/support/consumer'), consumer, { recursive: true })
  cpSync(join(repository, 'test/types/consumer.ts'), join(consumer, 'consumer.ts'))
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true
      },
      files: ['consumer.ts']
    })
  )
  const beside = ['fastify', 'kysely', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`)
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quiet, tarball, ...beside], consumer)
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'))
}
