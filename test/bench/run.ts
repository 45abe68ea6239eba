/**
 * `npm run bench`: what this package costs, in ratios to doing without it. One run, everything on this machine at the same
 * time; figures of two runs or of two machines say nothing about each other. Name parts to run only those.
 */
import pg from 'pg'
import { clusterFolder, createCluster, destroyCluster } from '../support/postgres-cluster.ts'
import { benchFlood } from './flood.ts'
import { benchGuards } from './guards.ts'
import { benchLogin } from './login.ts'
import { benchMail } from './mail.ts'
import { benchRefresh } from './refresh.ts'

const benchmarks: Readonly<Record<string, (storage: string) => Promise<void>>> = {
  guards: benchGuards,
  refresh: benchRefresh,
  login: benchLogin,
  flood: benchFlood,
  mail: benchMail
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks)
const folder = clusterFolder(process.pid)
process.once('exit', () => destroyCluster(folder))
await createCluster(folder, { durable: false })
for (const name of chosen) await benchmarks[name]?.(await newDatabase(name))

/** The folder of a socket goes where a host name would, percent-encoded. */
async function newDatabase(name: string): Promise<string> {
  const url = (database: string) => `postgres://postgres@${encodeURIComponent(folder)}/${database}`
  const client = new pg.Client({ connectionString: url('postgres') })
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  return url(name)
}
