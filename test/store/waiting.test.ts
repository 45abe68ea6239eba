/** What parallel calls in a contract meet only by chance: here one is made to wait for the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import type { AuthStore, EndedSession, NewLetter } from '../../src/store/index.ts'
import { newSession, newUser } from '../../src/testing/contract/promise.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'

type Host = Kysely<{ auth_sessions: { id: string; replays: number }; auth_outbox: { id: string } }>

const endings: Readonly<Record<string, (store: AuthStore, userId: string) => Promise<readonly EndedSession[]>>> = {
  '"end all"': ({ sessions }, id) => sessions.endAll(id, 'admin'),
  'a new password': ({ users }, id) => users.setPassword(id, 'new'),
  disabling: ({ users }, id) => users.setDisabled(id, true),
  deletion: ({ users }, id) => users.delete(id),
  'a changed password': async ({ users }, id) => endedBy(await users.changePassword({ id, epoch: 0, hash: 'new' })),
  'a reset': async (store, id) =>
    endedBy(await store.oneTimeTokens.resetPassword(await linkFor(store, id, 'reset-password'), 'new')),
  'a new address': async (store, id) =>
    endedBy(await store.oneTimeTokens.confirmEmailChange(await linkFor(store, id, 'change-email')))
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
    t.match(await store.endedSessions.since(60), [{ id: session.id }])
  })
}

t.test('PostgreSQL: a sign-in under a limit waits for one that is under way, and counts it', async (t) => {
  const { host, store } = await openHost(t)
  const user = await newcomer(store)
  const [first, second] = [newSession(user, { limit: 1 }), newSession(user, { limit: 1 })]
  let opening: Promise<unknown> | undefined
  await host.transaction().execute(async (trx) => {
    await store.within?.(trx).sessions.open(first)
    opening = store.sessions.open(second)
    await Promise.race([opening, sleep(200)])
  })
  t.same(await opening, { outcome: 'opened', ended: [{ id: first.id, userId: user.id }] })
})

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

t.test(
  'PostgreSQL: a rotation that waited for a change of address goes on in the session that asked for it',
  async (t) => {
    const { host, store } = await openHost(t)
    const user = await newcomer(store)
    const session = newSession(user)
    await store.sessions.open(session)
    const token = await linkFor(store, user.id, 'change-email', session.id)
    let rotating: Promise<unknown> | undefined
    await host.transaction().execute(async (trx) => {
      t.match(await store.within?.(trx).oneTimeTokens.confirmEmailChange(token), { outcome: 'changed' })
      const { id, secretDigest, idleSeconds } = session
      rotating = store.sessions.rotate({ id, secretDigest, idleSeconds, generation: 0, graceSeconds: 30, rotate: true })
      await sleep(200)
    })
    t.match(await rotating, { outcome: 'rotated', session: { generation: 1 } })
  }
)

t.test('PostgreSQL: a use of a token that waited for another one finds it used', async (t) => {
  const { host, store } = await openHost(t)
  const { id } = await newcomer(store)
  const token = await linkFor(store, id, 'verify-email')
  const choice = { username: undefined, resetLetter: { id: newUser().id }, required: [], endsSessions: false }
  let waiting: Promise<unknown> | undefined
  await host.transaction().execute(async (trx) => {
    const verified = await store.within?.(trx).oneTimeTokens.verifyEmail(token, choice)
    t.match(verified, { outcome: 'verified' })
    waiting = store.oneTimeTokens.verifyEmail(token, choice)
    await sleep(200)
  })
  t.same(await waiting, { outcome: 'invalid' })
})

t.test('PostgreSQL: a claim does not wait for another one, and passes over what that has chosen', async (t) => {
  const { host, store } = await openHost(t)
  for (const id of [newUser().id, newUser().id]) {
    const letter = { id, name: 'reset-password', address: `${id}@example.test`, userId: null, sessionId: null } as const
    await store.letters.post(letter)
  }
  const claim = { limit: 1, leaseSeconds: 30, early: false }
  await host.transaction().execute(async (trx) => {
    const [first] = (await store.within?.(trx).letters.claim(claim)) ?? []
    const [second] = await store.letters.claim(claim)
    t.ok(first && second && first.id !== second.id)
    t.same(await store.letters.claim(claim), [])
  })
})

t.test(
  'PostgreSQL: a deletion does not wait for a letter that is being prepared, which then goes to nobody',
  async (t) => {
    const { host, store } = await openHost(t)
    const user = newUser()
    await store.users.create(user)
    // Proven: what waits for an address goes with its owner.
    await store.oneTimeTokens.resetPassword(await linkFor(store, user.id, 'reset-password'), 'new')
    const { id } = newUser()
    const letter = { id, name: 'reset-password', address: String(user.email), userId: null, sessionId: null } as const
    await store.letters.post(letter)
    let preparing: Promise<unknown> | undefined
    await host.transaction().execute(async (trx) => {
      // As whoever prepares it does, before it asks for the user.
      await trx.selectFrom('auth_outbox').select('id').where('id', '=', id).forUpdate().execute()
      await store.users.delete(user.id)
      preparing = prepareLetter(store, letter)
    })
    t.same(await preparing, { outcome: 'moot' })
  }
)

t.test('SQLite: the stores of a process that are on one file do not wait for each other', async (t) => {
  const url = sqliteFile(t)
  const options = { postgres: { prepare: true, listen: false }, log: { error: () => {} } }
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

function endedBy(result: {
  readonly outcome: string
  readonly ended?: readonly EndedSession[]
}): readonly EndedSession[] {
  return result.ended ?? []
}

/** The token of a letter that was handed over. */
async function linkFor(
  store: AuthStore,
  userId: string,
  name: NewLetter['name'],
  sessionId: string | null = null
): Promise<string> {
  const found = await store.users.find(userId)
  const own = found.outcome === 'done' ? String(found.user.email) : ''
  const id = newUser().id
  const letter = { id, name, address: name === 'change-email' ? `${id}@example.test` : own, userId, sessionId }
  await store.letters.post(letter)
  await prepareLetter(store, letter)
  return id
}

function prepareLetter({ letters }: AuthStore, letter: NewLetter): ReturnType<AuthStore['letters']['prepare']> {
  const rules = { verifySeconds: 60, resetSeconds: 60, maxPerHour: null, required: [] }
  return letters.prepare({ ...letter, attempts: 0, leasedUntil: new Date() }, rules)
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
