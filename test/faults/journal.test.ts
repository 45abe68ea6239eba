/** Storage that takes no events. Requests go on, and what happened is written as soon as it can be, or told to be lost. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { createJournal } from '../../src/journal.ts'
import { freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { ownCluster, postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { runSql } from '../support/rows.ts'

const USER = '01a1fd1d-07ae-75e4-8751-7b6531f34584'

t.test('F5 PostgreSQL dies between the answer and the writing, and comes back', async (t) => {
  const cluster = await ownCluster(t)
  const app = await startApp(t, { storage: cluster.url, password: CHEAP })
  const { user, accessToken } = await signUp(app)
  cluster.killNine()
  t.equal((await get(app, '/protected', accessToken)).status, 200)
  await t.rejects(app.auth.events.list({ userId: user.id }), { code: 'AUTH_UNAVAILABLE', statusCode: 503 })
  // A server that was killed leaves processes behind for a moment.
  await sleep(1000)
  await cluster.restart()
  t.match(await untilListed(() => app.auth.events.list({ userId: user.id })), [{ name: 'signup' }])
})

t.test('somebody else holds the lock of SQLite', async (t) => {
  const storage = sqliteFile(t)
  const { lines, logger } = logLines()
  const app = await startApp(t, { storage, password: CHEAP }, { logger })
  const { user } = await signUp(app)
  const release = hold(t, storage)
  while (lines.length === 0) await sleep(50)
  await sleep(1200)
  t.match(lines, [{ level: 40, msg: 'events could not be written; it is tried again until they can' }], 'told once')
  release()
  t.match(await untilListed(() => app.auth.events.list({ userId: user.id })), [{ name: 'signup' }])
})

t.test('an app that closes meanwhile tells what it could not write', async (t) => {
  const storage = sqliteFile(t)
  const { lines, logger } = logLines()
  const app = await startApp(t, { storage, password: CHEAP }, { logger })
  await signUp(app)
  await signUp(app)
  const release = hold(t, storage)
  await app.close()
  release()
  t.match(lines.at(-1), { level: 50, events: 2, msg: 'events were lost while storage took none' })
})

t.test('an app that closes writes what it has', async (t) => {
  const storage = sqliteFile(t)
  const app = await startApp(t, { storage, password: CHEAP })
  await signUp(app)
  await app.close()
  t.match(await runSql(storage, 'select name, ip from auth_events'), [{ name: 'signup', ip: '127.0.0.1' }])
})

t.test('what no try will bring into storage is told to be lost, and stands in nobody\u2019s way', async (t) => {
  const storage = sqliteFile(t)
  const { lines, logger } = logLines()
  const app = await startApp(t, { storage, password: CHEAP }, { logger })
  await runSql(storage, 'alter table auth_events rename to elsewhere')
  const email = freshEmail()
  await signUp(app, { email })
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  while (lines.length < 2) await sleep(50)
  const told = { level: 50, msg: 'an event could not be written and is lost' }
  t.match(lines, [told, told])
  await runSql(storage, 'alter table elsewhere rename to auth_events')
  const { user } = (await post(app, '/auth/login', { email, password: PASSWORD })).body as { user: { id: string } }
  t.match(await app.auth.events.list({ userId: user.id }), [{ name: 'login' }])
})

t.test('of more than 2,000 events in an outage the first are kept, and the others counted', async (t) => {
  const { storage, store, lines, log } = await openStore(t)
  const release = hold(t, storage)
  const journal = createJournal(store.events, log)
  for (let at = 0; at < 1500; at++) journal.record('login', eventAt(at))
  await journal.flush()
  t.same(await store.events.list(USER, 10), [])
  for (let at = 1500; at < 2500; at++) journal.record('login', eventAt(at))
  release()
  await journal.flush()
  t.match(await runSql(storage, 'select count(*) as count, max(at) as newest from auth_events'), [
    { count: 2000, newest: 1999 }
  ])
  t.match(lines.at(-1), { level: 50, events: 500, msg: 'events were lost while storage took none' })
})

t.test('storage that neither answers nor fails is an outage too', async (t) => {
  const storage = await postgresDatabase(t)
  const pool = new pg.Pool({ connectionString: storage })
  pool.on('error', () => {})
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => db.destroy())
  const store = kyselyStore(db)
  await store.open({ migrate: true })
  const { lines, logger } = logLines()
  const journal = createJournal(store.events, Fastify({ logger }).log)
  const other = new pg.Client({ connectionString: storage })
  await other.connect()
  await other.query('begin')
  await other.query('lock table auth_events in access exclusive mode')
  journal.record('login', eventAt(0))
  const flushed = journal.flush()
  await sleep(3500)
  for (let at = 1; at < 2500; at++) journal.record('login', eventAt(at))
  await other.query('rollback')
  await other.end()
  await flushed
  await journal.flush()
  t.match(await runSql(storage, 'select count(*)::int as count from auth_events'), [{ count: 2000 }])
  t.match(lines, [{ level: 50, events: 500, msg: 'events were lost while storage took none' }])
})

t.test('of a burst none is lost while storage answers, and replays of one session crowd out nothing', async (t) => {
  const { storage, store, lines, log } = await openStore(t)
  const journal = createJournal(store.events, log)
  const sessionId = '01a1fd1d-07bc-7407-a68f-b842c9454768'
  for (let at = 0; at < 5000; at++) journal.record('refresh-replayed', { ...eventAt(at), sessionId })
  for (let at = 0; at < 3000; at++) journal.record('logout', eventAt(at))
  await journal.flush()
  t.match(await runSql(storage, 'select name, count(*) as count from auth_events group by name order by name'), [
    { name: 'logout', count: 3000 },
    { name: 'refresh-replayed', count: 1 }
  ])
  t.same(lines, [])
})

t.test('one event that storage refuses takes no other with it', async (t) => {
  const { storage, store, lines, log } = await openStore(t)
  const journal = createJournal(store.events, log)
  for (let at = 0; at < 10; at++) journal.record('login', { ...eventAt(at), at: new Date(at === 5 ? Number.NaN : at) })
  await journal.flush()
  t.match(await runSql(storage, 'select count(*) as count from auth_events'), [{ count: 9 }])
  t.equal(lines.length, 1)
})

t.test('a transaction that holds a user holds up the events of that user, and nothing else', async (t) => {
  const storage = await postgresDatabase(t)
  const app = await startApp(t, { storage, password: CHEAP, identifiers: ['email', 'username'] })
  const [held, free] = [await signUp(app, { username: 'held' }), await signUp(app, { username: 'free' })]
  const other = new pg.Client({ connectionString: storage })
  await other.connect()
  await other.query('begin')
  await other.query('select from auth_users where id = $1 for update', [held.user.id])
  const list = async ({ user }: typeof held) =>
    (await app.auth.events.list({ userId: user.id })).map(({ name }) => name)
  t.same(await list(free), ['signup'])
  t.same(await list(held), [])
  await other.query('rollback')
  await other.end()
  t.same(await list(held), ['signup'])
})

const eventAt = (at: number) => ({ userId: USER, sessionId: null, ip: null, userAgent: null, at: new Date(at) })

async function openStore(t: Test) {
  const storage = sqliteFile(t)
  const { lines, logger } = logLines()
  const { log } = Fastify({ logger })
  const store = await connectStore(storage, { postgres: { prepare: true, listen: true }, log, tablePrefix: 'auth_' })
  t.teardown(() => store.close())
  await store.open({ migrate: true })
  return { storage, store, lines, log }
}

async function untilListed<T>(list: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (;;) {
    const listed = await list().catch(() => [])
    if (listed.length > 0) return listed
    await sleep(100)
  }
}

/** As another program that writes for a long time would. */
function hold(t: Test, storage: string): () => void {
  const other = new DatabaseSync(storage.replace('sqlite:', ''))
  t.teardown(() => other.close())
  other.exec('begin immediate')
  return () => other.exec('commit')
}

/** What went to the log about events at the level of a warning, or above. */
function logLines() {
  const lines: { readonly msg: string }[] = []
  const write = (line: string) => {
    const entry = JSON.parse(line)
    if (/^(an event|events) /.test(entry.msg)) lines.push(entry)
  }
  return { lines, logger: { level: 'warn', stream: { write } } }
}
