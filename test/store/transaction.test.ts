/** A store inside the host's own transaction. */
import { CamelCasePlugin, Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import type { AuthStore } from '../../src/store/index.ts'
import {
  handOver,
  lettersTo,
  newNotice,
  propose,
  proposeAndSend,
  unusedAddress
} from '../../src/testing/contract/mail.ts'
import {
  after,
  createUser,
  newSession,
  newUser,
  openSession,
  present,
  unusedName
} from '../../src/testing/contract/promise.ts'
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
    t.same(await store.sessions.open(newSession(user)), { outcome: 'opened', ended: [] })
  })
}

for (const [name, open] of Object.entries(hosts)) {
  t.test(`${name}: letters and what they lead to become part of it`, async (t) => {
    const { host, store } = await openHost(t, open)
    const user = await createUser(store)
    const session = await openSession(store, user)
    const tokens = {
      verify: await handOver(store, { name: 'verify-email', address: String(user.email), userId: user.id }),
      reset: await handOver(store, { name: 'reset-password', address: String(user.email) }),
      change: await handOver(store, { name: 'change-email', address: unusedAddress(), userId: user.id })
    }
    const { token: proof } = await proposeAndSend(store)
    const notice = newNotice('password-changed')
    const rollback = new Error('rollback')
    const work = async (inside: AuthStore) => {
      const { users, oneTimeTokens } = inside
      t.match(await verifyEmail(inside, tokens.verify), { outcome: 'verified', created: false })
      t.match(await verifyEmail(inside, proof), { outcome: 'verified', created: true })
      t.match(await oneTimeTokens.confirmEmailChange(tokens.change, after(1)), { outcome: 'changed' })
      t.same(await oneTimeTokens.resetPassword(tokens.reset, 'reset', after(1)), { outcome: 'invalid' })
      await users.setPassword(user.id, 'new', { ...after(1), notice })
      const { signup } = await propose(inside)
      t.equal((await lettersTo(inside, signup.email)).length, 1)
    }
    await t.rejects(
      host.transaction().execute(async (trx) => {
        await work(within(store, trx))
        throw rollback
      }),
      rollback
    )
    t.same(await store.users.find(user.id), { outcome: 'done', user })
    t.same(await store.letters.claim({ limit: 10, leaseSeconds: 0, early: true }, after(2)), [])
    t.match(await present(store, session, { at: 1 }), { outcome: 'rotated' })
    await host.transaction().execute((trx) => work(within(store, trx)))
    t.same((await store.letters.claim({ limit: 10, leaseSeconds: 0, early: true }, after(2))).length, 2)
    t.same(await verifyEmail(store, proof), { outcome: 'invalid' })
  })
}

t.test('SQLite: what is refused inside of it has changed nothing there', async (t) => {
  const { host, store } = await openHost(t, hosts.SQLite as (t: Test) => Promise<Host>)
  const username = unusedName()
  const rival = await createUser(store, { username })
  const { token } = await proposeAndSend(store, { username })
  const user = await createUser(store)
  const address = unusedAddress()
  const change = await handOver(store, { name: 'change-email', address, userId: user.id })
  await createUser(store, { email: address })
  const letter = { id: newUser().id, name: 'verify-email', address, userId: user.id, sessionId: null } as const
  await host.transaction().execute(async (trx) => {
    const { users, oneTimeTokens } = within(store, trx)
    t.same(await verifyEmail(within(store, trx), token), { outcome: 'username-taken' })
    const telling = { ...after(1), notice: newNotice('email-changed') }
    t.same(await oneTimeTokens.confirmEmailChange(change, telling), { outcome: 'invalid' })
    t.same(await users.create(newUser({ email: address }), { letter }), { outcome: 'email-taken' })
  })
  t.same(await store.users.find(user.id), { outcome: 'done', user })
  t.same(await store.letters.claim({ limit: 10, leaseSeconds: 0, early: true }, after(2)), [])
  await store.users.delete(rival.id)
  t.match(await verifyEmail(store, token), { outcome: 'verified' })
})

t.test('only a transaction of Kysely is one', async (t) => {
  const { host, store } = await openHost(t, hosts.SQLite as (t: Test) => Promise<Host>)
  for (const other of [host, {}, null, undefined, 'trx']) t.throws(() => within(store, other), TypeError)
})

function verifyEmail({ oneTimeTokens }: AuthStore, token: string): Promise<unknown> {
  return oneTimeTokens.verifyEmail(
    token,
    { username: undefined, resetLetter: { id: newUser().id }, required: [], endsSessions: false },
    after(1)
  )
}

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
