/** What parallel calls in a contract meet only by chance: here one is made to wait for the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
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

t.test('SQLite: stores on one file wait for each other, in one process too', async (t) => {
  const url = sqliteFile(t)
  const open = async () => {
    const store = await connectStore(url, { postgres: { prepare: true }, log: { error: () => {} } })
    t.teardown(() => store.close())
    await store.open({ migrate: true })
    return store
  }
  const stores = [await open(), await open(), await open()]
  const { id } = await newcomer(stores[0] as AuthStore)
  const names = Array.from({ length: 30 }, (_, index) => `field${index}`)
  await Promise.all(names.map((name, index) => stores[index % 3]?.users.update(id, { fields: { [name]: name } })))
  t.match(await stores[0]?.users.find(id), { user: { fields: Object.fromEntries(names.map((name) => [name, name])) } })
})

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
