/** A PgBouncer in transaction mode before a database: what hosts of PostgreSQL hand out as "the pooled URL". */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { account } from './postgres-binaries.ts'

const DEBIAN = '/usr/sbin/pgbouncer'
const PORT = 6432

/** Where it is; undefined where it is not and nobody may be asked to install it. */
export function findPgbouncer(): string | undefined {
  const { PGBOUNCER_PATH } = process.env
  if (PGBOUNCER_PATH) return PGBOUNCER_PATH
  return existsSync(DEBIAN) ? DEBIAN : install()
}

/** As root on Debian, on CI. */
function install(): string | undefined {
  if (process.getuid?.() !== 0 || !process.env.CI || !existsSync('/etc/debian_version')) return undefined
  const command = 'apt-get update && apt-get install -y --no-install-recommends pgbouncer'
  try {
    const lock = join(tmpdir(), 'install-pgbouncer.lock')
    execFileSync('flock', [lock, 'sh', '-c', `test -x ${DEBIAN} || { ${command}; }`], { stdio: 'ignore' })
    return DEBIAN
  } catch {
    return undefined
  }
}

/** The URL of the same database through a pooler on a socket of its own; stopped when the test ends. */
export async function pooled(t: Test, pgbouncer: string, databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl)
  const user = decodeURIComponent(url.username)
  const folder = mkdtempSync('/tmp/gatehouse-pgbouncer-')
  const settings = {
    pool_mode: 'transaction',
    // Fewer than the connections of one process: they do wander between clients.
    default_pool_size: 3,
    max_client_conn: 200,
    unix_socket_dir: folder,
    listen_port: PORT,
    auth_type: 'trust',
    auth_file: join(folder, 'users')
  }
  const upstream = `host=${decodeURIComponent(url.hostname)} port=${url.port || 5432}`
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(join(folder, 'ini'), ['[databases]', `* = ${upstream}`, '[pgbouncer]', ...lines, ''].join('\n'))
  writeFileSync(join(folder, 'users'), `"${user}" "${decodeURIComponent(url.password)}"\n`)
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)

  const server = spawn(pgbouncer, [join(folder, 'ini')], {
    ...account,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let log = ''
  server.stderr.on('data', (text) => {
    log += text
  })
  const exit = once(server, 'exit')
  t.teardown(async () => {
    server.kill('SIGINT')
    await exit
    rmSync(folder, { recursive: true, force: true })
  })
  while (!(await answers(join(folder, `.s.PGSQL.${PORT}`)))) {
    if (server.exitCode !== null) throw new Error(`PgBouncer did not start:\n${log}`)
    await sleep(20)
  }
  return `postgres://${url.username}@${encodeURIComponent(folder)}:${PORT}${url.pathname}`
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
