/** What parallel calls in a contract meet only by chance: here one is made to wait for the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import type { AuthStore, EndedSession } from '../../src/store/index.ts'
import { newSession, newUser } from '../../src/testing/contract/promise.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'

type Host = Kysely<{ auth_sessions: { id: string; replays: number } }>

const endings: Readonly<Record<string, (store: AuthStore, userId: string) => Promise<readonly EndedSession[]>>> = {
  '"end all"': ({ sessions }, id) => sessions.endAll(id, 'admin'),
  'a new password': ({ users }, id) => users.setPassword(id, 'new'),
  disabling: ({ users }, id) => users.setDisabled(id, true),
  deletion: ({ users }, id) => users.delete(id)
}

for (const [name, end] of Object.entries(endings)) {
  t.test(`PostgreSQL: ${name} waits for a sign-in that is under way, and ends its session`, async (t) => {
    const { host, store } = await openHost(t)
    const user = await newcomer(store)
    const session = newSession(user)
    let ending: Promise<readonly EndedSession[]> | undefined
    await host.transaction().execute(async (trx) => {
      await store.within?.(trx).sessions.open(session)
      ending = end(store, user.id)
      await Promise.race([ending, sleep(200)])
    })
    t.same(await ending, [{ id: session.id, userId: user.id }])
  })
}

t.test('PostgreSQL: a rotation that waited is judged by the time after the wait', async (t) => {
  const { host, store } = await openHost(t)
  const session = newSession(await newcomer(store), { idleSeconds: 0.3 })
  await store.sessions.open(session)
  const { id, secretDigest, idleSeconds } = session
  const rotation = { id, secretDigest, idleSeconds, generation: 0, graceSeconds: 30, rotate: true }
  let rotating: Promise<unknown> | undefined
  await host.transaction().execute(async (trx) => {
    await trx.updateTable('auth_sessions').set({ replays: 0 }).where('id', '=', id).execute()
    rotating = store.sessions.rotate(rotation)
    await sleep(500)
  })
  t.same(await rotating, { outcome: 'ended', reason: 'expired' })
})

t.test('SQLite: the stores of a process that are on one file do not wait for each other', async (t) => {
  const url = sqliteFile(t)
  const options = { postgres: { prepare: true }, log: { error: () => {} } }
  const stores = [await connectStore(url, options), await connectStore(url, { ...options, tablePrefix: 'staff_' })]
  for (const store of stores) await store.open({ migrate: true })
  const ids = await Promise.all(stores.map(async (store) => (await newcomer(store)).id))
  await Promise.all(stores.flatMap((store, index) => changes(30, store, ids[index] as string)))
  for (const [index, store] of stores.entries()) {
    t.match(await store.users.find(ids[index] as string), { user: { fields: { field0: 0, field29: 29 } } })
    // The one that is left goes on.
    await store.close()
  }
})

t.test('SQLite: connections that are in the way of each other are waited for', async (t) => {
  const file = sqliteFile(t).replace('sqlite:', '')
  const stores = [await storeOfConnection(t, file), await storeOfConnection(t, file)]
  for (const store of stores) await store.open({ migrate: true })
  const { id } = await newcomer(stores[0] as AuthStore)
  await Promise.all(stores.flatMap((store, index) => changes(2, store, id, `of${index}-`)))
  const fields = { 'of0-0': 0, 'of0-1': 1, 'of1-0': 0, 'of1-1': 1 }
  t.match(await stores[1]?.users.find(id), { user: { fields } })
})

function changes(count: number, { users }: AuthStore, id: string, name = 'field'): Promise<unknown>[] {
  return Array.from({ length: count }, (_, index) => users.update(id, { fields: { [`${name}${index}`]: index } }))
}

async function storeOfConnection(t: Test, file: string): Promise<AuthStore> {
  const database = await openNodeSqlite(file)
  const host = new Kysely({ dialect: new SqliteDialect({ database }) })
  t.teardown(() => host.destroy())
  return kyselyStore(host)
}

async function newcomer({ users }: AuthStore): Promise<{ readonly id: string; readonly sessionEpoch: number }> {
  const { id } = newUser()
  await users.create(newUser({ id }))
  return { id, sessionEpoch: 0 }
}

async function openHost(t: Test): Promise<{ host: Host; store: AuthStore }> {
  const pool = new pg.Pool({ connectionString: await postgresDatabase(t) })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  const host: Host = new Kysely({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => host.destroy())
  const store = kyselyStore(host)
  await store.open({ migrate: true })
  return { host, store }
}
