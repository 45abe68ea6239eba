/** A store inside the host's own transaction. */
import { CamelCasePlugin, Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import type { AuthStore } from '../../src/store/index.ts'
import { createUser, newSession, newUser, openSession } from '../../src/testing/contract/promise.ts'
import { postgresDatabase } from '../support/databases.ts'

type Host = Kysely<{ person: { firstName: string } }>

const hosts: Readonly<Record<string, (t: Test) => Promise<Host>>> = {
  PostgreSQL: async (t) => {
    const pool = new pg.Pool({ connectionString: await postgresDatabase(t) })
    // A connection that is still closing when the database is dropped.
    pool.on('error', () => {})
    return new Kysely({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
  },
  SQLite: async () => {
    const database = await openNodeSqlite(':memory:')
    return new Kysely({ dialect: new SqliteDialect({ database }), plugins: [new CamelCasePlugin()] })
  }
}

for (const [name, open] of Object.entries(hosts)) {
  t.test(`${name}: what the store did goes with the transaction`, async (t) => {
    const { host, store } = await openHost(t, open)
    const user = newUser()
    const veto = new Error('veto')
    await t.rejects(
      host.transaction().execute(async (trx) => {
        await trx.insertInto('person').values({ firstName: 'Ada' }).execute()
        await within(store, trx).users.create(user)
        throw veto
      }),
      veto
    )
    t.same(await store.users.find(user.id), { outcome: 'unknown' })
    t.same(await host.selectFrom('person').selectAll().execute(), [])
  })

  t.test(`${name}: what the store did stays with the transaction`, async (t) => {
    const { host, store } = await openHost(t, open)
    const user = newUser()
    await host.transaction().execute(async (trx) => {
      await trx.insertInto('person').values({ firstName: 'Ada' }).execute()
      await within(store, trx).users.create(user)
    })
    t.match(await store.users.find(user.id), { outcome: 'done', user: { id: user.id } })
    t.same(await host.selectFrom('person').selectAll().execute(), [{ firstName: 'Ada' }])
  })

  t.test(`${name}: verbs that are transactions themselves become part of it`, async (t) => {
    const { host, store } = await openHost(t, open)
    const user = await createUser(store)
    const session = await openSession(store, user)
    const rollback = new Error('rollback')
    await t.rejects(
      host.transaction().execute(async (trx) => {
        const { users, sessions } = within(store, trx)
        t.same(await sessions.endAll(user.id, 'admin', { now: user.createdAt }), [{ id: session.id, userId: user.id }])
        await users.setPassword(user.id, 'new')
        await users.update(user.id, { fields: { a: 1 } })
        await users.setDisabled(user.id, true)
        t.same(await sessions.open(newSession(user)), { outcome: 'refused' })
        throw rollback
      }),
      rollback
    )
    t.same(await store.users.find(user.id), { outcome: 'done', user })
    t.same(await store.sessions.open(newSession(user)), { outcome: 'opened' })
  })
}

t.test('only a transaction of Kysely is one', async (t) => {
  const { host, store } = await openHost(t, hosts.SQLite as (t: Test) => Promise<Host>)
  for (const other of [host, {}, null, undefined, 'trx']) t.throws(() => within(store, other), TypeError)
})

async function openHost(t: Test, open: (t: Test) => Promise<Host>): Promise<{ host: Host; store: AuthStore }> {
  const host = await open(t)
  t.teardown(() => host.destroy())
  await host.schema.createTable('person').addColumn('firstName', 'text').execute()
  const store = kyselyStore(host)
  await store.open({ migrate: true })
  return { host, store }
}

function within(store: AuthStore, transaction: unknown): AuthStore {
  const bound = store.within?.(transaction)
  if (bound === undefined) throw new Error('The store has no transactions')
  return bound
}
