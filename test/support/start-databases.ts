/** Runs once before a test run: one PostgreSQL for all its files, owned by the runner that starts both. */
import { pgliteTemplate } from './pglite-template.ts'
import { clusterFolder, createCluster } from './postgres-cluster.ts'

if (!process.env.TEST_POSTGRES_URL) await createCluster(clusterFolder(process.ppid), { durable: false })
await pgliteTemplate()
