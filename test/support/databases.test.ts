import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import t from 'tap'
import { ownCluster, pgliteFolder, postgresDatabase, sqliteFile } from './databases.ts'

t.test('a test has a PostgreSQL 18 database of its own, gone when it ends', async (t) => {
  let url = ''
  await t.test('while it runs', async (t) => {
    url = await postgresDatabase(t)
    const client = await connected(url)
    t.teardown(() => client.end())
    const { rows } = await client.query("SELECT current_setting('server_version') AS version")
    if (!process.env.TEST_POSTGRES_URL && !process.env.PG_BIN) t.match(rows[0].version, /^18\./)
  })
  await t.rejects(connected(url), { code: '3D000' })
})

t.test('a database is dropped with the connections that a test forgot', async (t) => {
  let forgotten: pg.Client | undefined
  await t.test('while it runs', async (t) => {
    forgotten = await connected(await postgresDatabase(t))
  })
  await t.rejects(async () => forgotten?.query('SELECT 1'))
})

t.test('a test has an SQLite file and a PGlite folder of its own, gone when it ends', async (t) => {
  const files: string[] = []
  await t.test('while it runs', async (t) => {
    const sqlite = sqliteFile(t).replace('sqlite:', '')
    const pglite = (await pgliteFolder(t)).replace('pglite:', '')
    new DatabaseSync(sqlite).exec('CREATE TABLE things (id INTEGER)')
    const database = await PGlite.create(pglite)
    t.match(await database.query('SELECT 1 AS one'), { rows: [{ one: 1 }] })
    await database.close()
    files.push(sqlite, pglite)
    t.ok(files.every(existsSync))
  })
  t.notOk(files.some(existsSync))
})

t.test(
  'a cluster killed under writes refuses connections, and has every acknowledged row when it is back',
  async (t) => {
    const cluster = await ownCluster(t)
    const client = await connected(cluster.url)
    await client.query('CREATE TABLE things (id integer)')
    let acknowledged = 0
    const writing = async () => {
      for (;;) {
        await client.query('INSERT INTO things VALUES (1)')
        if (++acknowledged === 100) cluster.killNine()
      }
    }
    await t.rejects(writing)
    await t.rejects(connected(cluster.url))
    await cluster.restart()
    const again = await connected(cluster.url)
    const { rows } = await again.query('SELECT count(*)::int AS count FROM things')
    await again.end()
    t.ok(rows[0].count >= acknowledged, `${rows[0].count} rows of ${acknowledged} acknowledged`)
  }
)

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  // A connection that breaks while idle says so here; a client without a listener ends the process.
  client.on('error', () => {})
  await client.connect()
  return client
}
