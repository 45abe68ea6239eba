/** A part of a backup was restored: sessions and users do not know any more what happened to them since. */
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { openNodeSqlite } from '../../src/adapters/kysely/node-sqlite.ts'
import { after, createUser, openSession, present } from '../../src/testing/contract/promise.ts'
import { postgresDatabase } from '../support/databases.ts'

interface Host {
  auth_users: { id: string; session_epoch: number; disabled_at: Date | number | null }
  auth_sessions: { id: string; ended_at: null; end_reason: null }
}

const databases: Readonly<
  Record<string, { readonly open: (t: Test) => Promise<Kysely<Host>>; readonly now: Date | number }>
> = {
  PostgreSQL: { open: hostOnPostgres, now: after(0).now },
  SQLite: { open: hostOnSqlite, now: after(0).now.getTime() }
}

for (const [name, { open, now }] of Object.entries(databases)) {
  t.test(`${name}: a session of an earlier epoch is over`, async (t) => {
    const host = await open(t)
    const store = await storeOf(host)
    const user = await createUser(store)
    const session = await openSession(store, user)
    await host
      .updateTable('auth_users')
      .set({ session_epoch: user.sessionEpoch + 1 })
      .execute()
    t.same(await present(store, session, { at: 1 }), { outcome: 'ended', reason: 'admin' })
    t.equal(await store.endedSessions.reasonOf(session.id, after(1)), 'admin')
  })

  t.test(`${name}: a session of a disabled user is over`, async (t) => {
    const host = await open(t)
    const store = await storeOf(host)
    const session = await openSession(store, await createUser(store))
    await host.updateTable('auth_users').set({ disabled_at: now }).execute()
    t.same(await present(store, session, { at: 1 }), { outcome: 'ended', reason: 'disabled' })
    t.equal(await store.endedSessions.reasonOf(session.id, after(1)), 'disabled')
  })

  t.test(`${name}: a session that came back to life ends again`, async (t) => {
    const host = await open(t)
    const store = await storeOf(host)
    const session = await openSession(store, await createUser(store))
    await store.sessions.end(session, 'logout', after(1))
    await host.updateTable('auth_sessions').set({ ended_at: null, end_reason: null }).execute()
    t.equal(await store.endedSessions.reasonOf(session.id, after(1)), 'logout')
    t.not(await store.sessions.end(session, 'admin', after(2)), null)
    t.same(await store.endedSessions.since(10, after(2)), [{ id: session.id, reason: 'admin', endedAt: after(2).now }])
  })
}

async function storeOf(host: Kysely<Host>) {
  const store = kyselyStore(host)
  await store.open({ migrate: true })
  return store
}

async function hostOnPostgres(t: Test): Promise<Kysely<Host>> {
  const pool = new pg.Pool({ connectionString: await postgresDatabase(t) })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  const host = new Kysely<Host>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => host.destroy())
  return host
}

async function hostOnSqlite(t: Test): Promise<Kysely<Host>> {
  const host = new Kysely<Host>({ dialect: new SqliteDialect({ database: await openNodeSqlite(':memory:') }) })
  t.teardown(() => host.destroy())
  return host
}
