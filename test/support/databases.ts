/** The databases that tests run on: each call makes a new one, gone again when the test ends. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'
import { copyPglite } from './pglite-template.ts'
import {
  answers,
  clusterFolder,
  createCluster,
  destroyCluster,
  killCluster,
  postmasterPid,
  startCluster
} from './postgres-cluster.ts'

/** Every kind of storage that ships, for tests of what must hold on all of them. */
export const eachDatabase: readonly { readonly name: string; storage(t: Test): Promise<string> }[] = [
  { name: 'PostgreSQL', storage: postgresDatabase },
  { name: 'SQLite', storage: async (t) => sqliteFile(t) },
  { name: 'PGlite', storage: pgliteFolder }
]

/** The URL of an empty database on the PostgreSQL that the test files share. */
export async function postgresDatabase(t: Test): Promise<string> {
  const url = new URL(await sharedPostgres())
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await query(url.href, `CREATE DATABASE ${name}`)
  t.teardown(() => query(url.href, `DROP DATABASE ${name} WITH (FORCE)`))
  return Object.assign(new URL(url), { pathname: name }).href
}

/** The URL of an SQLite file that does not exist yet. */
export function sqliteFile(t: Test): string {
  return `sqlite:${join(temporaryFolder(t), 'gatehouse.sqlite')}`
}

/** The URL of a PGlite folder that holds an empty database. */
export async function pgliteFolder(t: Test): Promise<string> {
  const folder = join(temporaryFolder(t), 'pglite')
  await copyPglite(folder)
  return `pglite:${folder}`
}

export interface OwnCluster {
  readonly url: string
  /** The postmaster's process, another one after each restart. */
  readonly pid: number
  /** SIGKILL to every process of the server, so that nothing gets finished. */
  killNine(): void
  /** Starts it again on the same data; resolves when it accepts connections. */
  restart(): Promise<void>
}

/** A PostgreSQL of the test's own that may be killed. It is durable: what it acknowledged, it has. */
export async function ownCluster(t: Test): Promise<OwnCluster> {
  const folder = clusterFolder(process.pid, `-${randomUUID().slice(0, 8)}`)
  const release = destroyAtExit(folder)
  t.teardown(release)
  await createCluster(folder, { durable: true })
  return {
    url: adminUrl(folder),
    get pid() {
      return postmasterPid(folder)
    },
    killNine: () => killCluster(folder),
    async restart() {
      killCluster(folder)
      await startCluster(folder, { durable: true })
    }
  }
}

/** The run's server, given or started by the runner; a file that runs alone starts its own. */
async function sharedPostgres(): Promise<string> {
  if (process.env.TEST_POSTGRES_URL) return process.env.TEST_POSTGRES_URL
  if (await answers(clusterFolder(process.ppid))) return adminUrl(clusterFolder(process.ppid))
  ownShared ??= startShared()
  return ownShared
}

let ownShared: Promise<string> | undefined

async function startShared(): Promise<string> {
  const folder = clusterFolder(process.pid)
  destroyAtExit(folder)
  await createCluster(folder, { durable: false })
  return adminUrl(folder)
}

function destroyAtExit(folder: string): () => void {
  const destroy = () => destroyCluster(folder)
  process.once('exit', destroy)
  return () => {
    process.off('exit', destroy)
    destroy()
  }
}

/** The folder of a socket goes where a host name would, percent-encoded. */
const adminUrl = (folder: string): string => `postgres://postgres@${encodeURIComponent(folder)}/postgres`

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
