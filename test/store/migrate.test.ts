import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { Dialect } from '../../src/adapters/kysely/dialect/dialect.ts'
import { postgres } from '../../src/adapters/kysely/dialect/postgres.ts'
import { sqlite } from '../../src/adapters/kysely/dialect/sqlite.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { accounts } from '../../src/adapters/kysely/migrations/0001-accounts.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import { placeOf } from '../../src/adapters/kysely/place.ts'
import { ownTables } from '../../src/adapters/kysely/tables.ts'
import { after, newSession, newUser, present } from '../../src/testing/contract/promise.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { storeProcess } from './store-process-start.ts'

interface Host {
  person: { id: number }
  auth_migrations: { name: string; timestamp: string }
}

const databases: Readonly<
  Record<
    string,
    { url(t: Test): Promise<string>; host(t: Test, url: string): Promise<Kysely<Host>>; readonly dialect: Dialect }
  >
> = {
  PostgreSQL: { url: postgresDatabase, host: hostOnPostgres, dialect: postgres },
  SQLite: { url: async (t) => sqliteFile(t), host: hostOnSqlite, dialect: sqlite }
}

for (const [name, { url, host, dialect }] of Object.entries(databases)) {
  t.test(`${name}: processes that boot at once create the tables once`, async (t) => {
    const database = await url(t)
    const boot = async () => (await storeProcess(database)).close()
    await t.resolves(Promise.all([boot(), boot(), boot(), boot()]))
    const db = await host(t, database)
    const applied = await db.selectFrom('auth_migrations').select('name').orderBy('name').execute()
    t.same(
      applied.map((migration) => migration.name),
      ['0001-accounts', '0002-letters', '0003-browser-sessions', '0004-events']
    )
  })

  t.test(`${name}: migrating again changes nothing`, async (t) => {
    const db = await host(t, await url(t))
    await kyselyStore(db).open({ migrate: true })
    const applied = await db.selectFrom('auth_migrations').selectAll().execute()
    await kyselyStore(db).open({ migrate: true })
    t.same(await db.selectFrom('auth_migrations').selectAll().execute(), applied)
  })

  t.test(`${name}: without leave to migrate, a database without tables is refused by the command`, async (t) => {
    const db = await host(t, await url(t))
    await t.rejects(kyselyStore(db).open({ migrate: false }), {
      code: 'AUTH_OPTIONS_INVALID',
      message: /0001-accounts, .* is missing; run `npx fastify-gatehouse migrate --database URL`/
    })
    t.same(await tables(db), [])
  })

  t.test(`${name}: tables of a newer version are refused by name, with leave to migrate too`, async (t) => {
    const db = await host(t, await url(t))
    await kyselyStore(db).open({ migrate: true })
    await kyselyStore(db).open({ migrate: false })
    await db.insertInto('auth_migrations').values({ name: '9999-later', timestamp: '' }).execute()
    for (const migrate of [true, false]) {
      await t.rejects(kyselyStore(db).open({ migrate }), {
        code: 'AUTH_OPTIONS_INVALID',
        message: /9999-later is of a newer one.*npx fastify-gatehouse migrate/
      })
    }
  })

  t.test(`${name}: a migration that fails leaves nothing behind and can be run again`, async (t) => {
    const db = await host(t, await url(t))
    await db.schema.createTable('auth_sessions').addColumn('id', 'integer').execute()
    await t.rejects(kyselyStore(db).open({ migrate: true }), /auth_sessions.* already exists/)
    t.same(await tables(db), ['auth_sessions'])
    await db.schema.dropTable('auth_sessions').execute()
    await t.resolves(kyselyStore(db).open({ migrate: true }))
  })

  t.test(`${name}: tables of an earlier version are brought up to date with what is in them`, async (t) => {
    const db = await host(t, await url(t))
    await db.transaction().execute((trx) => accounts(ownTables(trx, placeOf({})), dialect))
    await sql`create table auth_migrations (name text primary key, timestamp text not null)`.execute(db)
    await db.insertInto('auth_migrations').values({ name: '0001-accounts', timestamp: '' }).execute()
    const [user, session] = [newUser(), newSession({ id: newUser().id, sessionEpoch: 0 })]
    const [now, later] = [after(0).now, after(100).now].map(dialect.encode)
    await sql`insert into auth_users (id, email, email_key, fields, created_at, updated_at)
      values (${session.userId}, ${user.email}, ${user.email}, '{}', ${now}, ${now})`.execute(db)
    await sql`insert into auth_sessions
      (id, user_id, secret_digest, epoch, rotated_at, idle_expires_at, expires_at, created_at)
      values (${session.id}, ${session.userId}, ${session.secretDigest}, 0, ${now}, ${later}, ${later}, ${now})
    `.execute(db)
    const store = kyselyStore(db)
    await store.open({ migrate: true })
    t.match(await store.users.credential({ email: String(user.email) }), { outcome: 'found' })
    t.match(await present(store, session, { at: 1 }), { outcome: 'rotated', session: { remember: true } })
  })

  t.test(`${name}: every table, index and constraint of ours begins with the prefix`, async (t) => {
    const db = await host(t, await url(t))
    await kyselyStore(db, { tablePrefix: 'members_' }).open({ migrate: true })
    await kyselyStore(db, { tablePrefix: 'auth_staff_' }).open({ migrate: true })
    await t.resolves(kyselyStore(db, { tablePrefix: 'members_' }).open({ migrate: false }))
    await t.rejects(kyselyStore(db).open({ migrate: false }), /is missing/)
    const names = await tables(db)
    const [members, staff] = ['members_', 'auth_staff_'].map((prefix) =>
      names.filter((table) => table.startsWith(prefix)).map((table) => table.slice(prefix.length))
    )
    t.match(new Set(members), new Set(['users', 'sessions', 'migrations']))
    t.same(members, staff)
    t.equal(names.length, Number(members?.length) * 2)
  })
}

t.test('PostgreSQL: tables in a schema leave the schemas of the host alone', async (t) => {
  const db = await hostOnPostgres(t, await postgresDatabase(t))
  const store = kyselyStore(db, { schema: 'auth_app' })
  await store.open({ migrate: true })
  await t.resolves(store.open({ migrate: false }))
  await t.rejects(kyselyStore(db).open({ migrate: false }), /is missing/)
  const found = await db.introspection.getTables()
  t.same(new Set(found.map(({ schema }) => schema)), new Set(['auth_app']))
})

t.test('SQLite: a schema is refused', async (t) => {
  const db = await hostOnSqlite(t, 'sqlite::memory:')
  t.throws(() => kyselyStore(db, { schema: 'app' }), { code: 'AUTH_OPTIONS_INVALID', message: /^schema: / })
})

t.test('a prefix that could not begin the name of a table is refused', async (t) => {
  const db = await hostOnSqlite(t, 'sqlite::memory:')
  for (const tablePrefix of ['', '1_', 'Auth_', 'a b', 'a"b', 'x'.repeat(33)]) {
    t.throws(() => kyselyStore(db, { tablePrefix }), { code: 'AUTH_OPTIONS_INVALID', message: /^tablePrefix: / })
  }
})

async function tables(db: Kysely<Host>): Promise<string[]> {
  const found = await db.introspection.getTables()
  return found.map(({ name }) => name)
}

async function hostOnPostgres(t: Test, url: string): Promise<Kysely<Host>> {
  const pool = new pg.Pool({ connectionString: url })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  const host = new Kysely<Host>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => host.destroy())
  return host
}

async function hostOnSqlite(t: Test, url: string): Promise<Kysely<Host>> {
  const database = await openNodeSqlite(url.replace('sqlite:', ''))
  const host = new Kysely<Host>({ dialect: new SqliteDialect({ database }) })
  t.teardown(() => host.destroy())
  return host
}
