/** Every promise of a store, on every database that ships and through every way to it. */
import { CamelCasePlugin, Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { type KyselyStoreOptions, kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import type { AuthStore } from '../../src/store/index.ts'
import { storeContract } from '../../src/testing/index.ts'
import { pgliteFolder, postgresDatabase, sqliteFile } from '../support/databases.ts'

const kinds: Readonly<Record<string, (t: Test) => Promise<AuthStore>>> = {
  PostgreSQL: async (t) => connect(t, await postgresDatabase(t)),
  'PostgreSQL without prepared statements and notifications': async (t) =>
    connect(t, await postgresDatabase(t), { prepare: false, listen: false }),
  "PostgreSQL through a host's Kysely with 20 connections": async (t) => hostOnPostgres(t, {}),
  'PostgreSQL in a schema of its own, under other names': async (t) =>
    hostOnPostgres(t, { schema: 'auth_app', tablePrefix: 'members_' }),
  'an SQLite file': async (t) => connect(t, sqliteFile(t)),
  'SQLite in memory': async (t) => connect(t, 'sqlite::memory:'),
  "SQLite through a host's Kysely, under other names": async (t) => hostOnSqlite(t, { tablePrefix: 'auth_x_' }),
  'a PGlite folder': async (t) => connect(t, await pgliteFolder(t))
}

for (const [name, open] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const store = await open(t)
    await store.open({ migrate: true })
    for (const { promise, check } of storeContract(async () => ({ store, close: async () => {} }))) {
      await t.test(promise, check)
    }
  })
}

async function connect(t: Test, url: string, postgres = { prepare: true, listen: true }): Promise<AuthStore> {
  const store = await connectStore(url, { postgres, log: { error: (_, message) => t.fail(message) } })
  t.teardown(() => store.close())
  return store
}

/** As hosts have them: with a plugin that renames every column. */
const plugins = [new CamelCasePlugin()]

async function hostOnPostgres(t: Test, options: KyselyStoreOptions): Promise<AuthStore> {
  const pool = new pg.Pool({ connectionString: await postgresDatabase(t), max: 20 })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  const host = new Kysely<{ person: { firstName: string } }>({ dialect: new PostgresDialect({ pool }), plugins })
  t.teardown(() => host.destroy())
  return kyselyStore(host, options)
}

async function hostOnSqlite(t: Test, options: KyselyStoreOptions): Promise<AuthStore> {
  const database = await openNodeSqlite(':memory:')
  const host = new Kysely<{ person: { firstName: string } }>({ dialect: new SqliteDialect({ database }), plugins })
  t.teardown(() => host.destroy())
  return kyselyStore(host, options)
}
