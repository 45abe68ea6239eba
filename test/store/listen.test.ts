/** How the processes on one PostgreSQL hear of sessions that end in others: each store here stands for a process. */
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { openChannel } from '../../src/adapters/kysely/channel.ts'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { type AuthStore, type Listening, type NewSession, StoreUnavailableError } from '../../src/store/index.ts'
import { createUser, newSession, newUser } from '../../src/testing/contract/promise.ts'
import { ownCluster, pgliteFolder, postgresDatabase, sqliteFile } from '../support/databases.ts'

const endings: Readonly<Record<string, (store: AuthStore, session: NewSession) => Promise<unknown>>> = {
  'by its secret': ({ sessions }, session) => sessions.end(session, 'logout'),
  'by the reuse of a generation': async (store, session) => {
    await rotate(store, session)
    await rotate(store, session)
  },
  'with all': ({ sessions }, { userId }) => sessions.endAll(userId, 'admin'),
  'as one of the others': ({ sessions }, { userId }) => sessions.endOthers(userId, newUser().id, 'logout'),
  'to make room': ({ sessions }, { userId }) => sessions.open(newSession(signedUp(userId), { limit: 1 })),
  'by a new password': ({ users }, { userId }) => users.setPassword(userId, 'new'),
  'by disabling the user': ({ users }, { userId }) => users.setDisabled(userId, true),
  'by deleting the user': ({ users }, { userId }) => users.delete(userId)
}

t.test('a session that ends wakes the other processes, once', async (t) => {
  const url = await postgresDatabase(t)
  const [here, there] = [await openStore(t, url), await openStore(t, url)]
  const [ear, sent] = [await listen(t, there), await notifications(t, url)]
  for (const [way, end] of Object.entries(endings)) {
    const session = await openSession(here)
    await end(here, session)
    await ear.woken()
    t.equal(await sent(), 1, way)
    t.ok((await there.endedSessions.since(60)).some(({ id }) => id === session.id))
  }
})

t.test('many that end together wake once', async (t) => {
  const url = await postgresDatabase(t)
  const store = await openStore(t, url)
  const sent = await notifications(t, url)
  const session = await openSession(store)
  for (let more = 0; more < 5; more++) await store.sessions.open(newSession(signedUp(session.userId)))
  t.equal((await store.sessions.endAll(session.userId, 'admin')).length, 6)
  t.equal(await sent(), 1)
})

t.test('what ends nothing wakes nobody', async (t) => {
  const url = await postgresDatabase(t)
  const store = await openStore(t, url)
  const sent = await notifications(t, url)
  const session = await openSession(store)
  await rotate(store, session)
  await rotate(store, session, 30)
  await store.sessions.end({ id: session.id, userId: newUser().id }, 'logout')
  await store.sessions.endOthers(session.userId, session.id, 'logout')
  await store.sessions.list(session.userId)
  t.equal(await sent(), 0)
})

t.test('what is rolled back wakes nobody, and what is committed wakes then', async (t) => {
  const url = await postgresDatabase(t)
  const host = hostOf(t, url)
  const store = await openStore(t, url)
  const [ear, sent] = [await listen(t, await openStore(t, url)), await notifications(t, url)]
  const [kept, ended] = [await openSession(store), await openSession(store)]
  const veto = new Error('veto')
  const vetoed = host.transaction().execute(async (trx) => {
    t.not(await store.within?.(trx).sessions.end(kept, 'logout'), null)
    throw veto
  })
  await t.rejects(vetoed, veto)
  t.equal(await sent(), 0)
  t.equal(await store.endedSessions.reasonOf(kept.id), null)
  await host.transaction().execute(async (trx) => {
    t.not(await store.within?.(trx).sessions.end(ended, 'logout'), null)
    t.equal(await sent(), 0)
  })
  await ear.woken()
  t.equal(await sent(), 1)
})

t.test('other tables in the same database are another matter', async (t) => {
  const url = await postgresDatabase(t)
  const staff = await openStore(t, url, { tablePrefix: 'staff_' })
  const [members, ours] = [await notifications(t, url), await notifications(t, url, 'staff_')]
  await staff.sessions.end(await openSession(staff), 'logout')
  t.equal(await members(), 0)
  t.equal(await ours(), 1)
})

t.test('a notification that asks whether anybody hears comes back, and is no news to others', async (t) => {
  const url = await postgresDatabase(t)
  const [here, there] = [await openStore(t, url), await openStore(t, url)]
  const [asking, other, sent] = [await listen(t, here), await listen(t, there), await notifications(t, url)]
  await asking.notify()
  t.equal(await asking.woken(), 1)
  await here.sessions.end(await openSession(here), 'logout')
  await sent()
  t.equal(await other.woken(), 1)
})

t.test('what a process ended itself is no news to it', async (t) => {
  const url = await postgresDatabase(t)
  const store = await openStore(t, url)
  const [ear, sent] = [await listen(t, store), await notifications(t, url)]
  await store.sessions.end(await openSession(store), 'logout')
  t.equal(await sent(), 1)
  await ear.notify()
  await sent()
  t.equal(await ear.woken(), 1)
})

t.test(
  'nobody listens where it is switched off, nor where we opened no pool, and on PostgreSQL all tell',
  async (t) => {
    const url = await postgresDatabase(t)
    const off = await openStore(t, url, { listen: false })
    const hosted = kyselyStore(hostOf(t, url))
    const others = [await openStore(t, sqliteFile(t)), await openStore(t, await pgliteFolder(t))]
    const sent = await notifications(t, url)
    for (const store of [off, hosted, ...others]) {
      t.equal(store.endedSessions.listen, undefined)
      t.not(await store.sessions.end(await openSession(store), 'logout'), null)
    }
    t.equal(await sent(), 2)
  }
)

t.test('a connection that the server ends is lost once, and the next call listens again', async (t) => {
  const url = await postgresDatabase(t)
  const [store, other] = [await openStore(t, url), await openStore(t, url)]
  const ear = await listen(t, store)
  t.equal(await listeners(hostOf(t, url), 'pg_terminate_backend(pid)'), 1)
  await ear.lost()
  const again = await listen(t, store)
  await other.sessions.end(await openSession(other), 'logout')
  await again.woken()
  t.equal(ear.losses, 1)
})

t.test('when the server is killed the connection is lost once, and the process goes on', async (t) => {
  const cluster = await ownCluster(t)
  const store = await openStore(t, cluster.url)
  const ear = await listen(t, store)
  cluster.killNine()
  await ear.lost()
  const unheard = {
    wake: () => t.fail('hears nothing'),
    echo: () => t.fail('hears nothing'),
    lost: () => t.fail('had nothing to lose')
  }
  await t.rejects(async () => store.endedSessions.listen?.(unheard), StoreUnavailableError)
  await t.rejects(ear.notify(), StoreUnavailableError)
  await cluster.restart()
  const again = await listen(t, store)
  await again.notify()
  await again.woken()
  t.equal(ear.losses, 1)
})

t.test('who stops listening, or closes the store, holds no connection and has lost nothing', async (t) => {
  const url = await postgresDatabase(t)
  const host = hostOf(t, url)
  const [stopped, closed] = [await openStore(t, url), await connect(url)]
  const ears = [await listen(t, stopped), await listen(t, closed)]
  t.equal(await listeners(host), 2)
  await ears[0]?.stop()
  await gone(host, 1)
  await closed.close()
  await gone(host, 0)
  for (const ear of ears) t.equal(ear.losses, 0)
})

interface Ear extends Listening {
  /** Resolves with the next news, or with those that came since the last call: how many there were. */
  woken(): Promise<number>
  lost(): Promise<unknown>
  readonly losses: number
}

async function listen(t: Test, store: AuthStore): Promise<Ear> {
  const heard = new EventEmitter()
  let [wakes, losses] = [0, 0]
  function tell() {
    wakes += 1
    heard.emit('wake')
  }
  const listening = await store.endedSessions.listen?.({
    wake: tell,
    echo: tell,
    lost() {
      losses += 1
      heard.emit('lost')
    }
  })
  if (!listening) throw new Error('The store does not listen')
  t.teardown(() => listening.stop())
  return {
    ...listening,
    async woken() {
      if (wakes === 0) await once(heard, 'wake')
      const count = wakes
      wakes = 0
      return count
    },
    async lost() {
      if (losses === 0) await once(heard, 'lost')
    },
    get losses() {
      return losses
    }
  }
}

/**
 * How many ended sessions were told of since the last call. The server passes notifications on in the order of the commits:
 * those before one of our own are all there were.
 */
async function notifications(t: Test, url: string, tablePrefix = 'auth_'): Promise<() => Promise<number>> {
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const channel = client.escapeIdentifier(openChannel({ schema: undefined, tablePrefix }).name)
  const payloads: string[] = []
  client.on('notification', ({ payload = '' }) => payloads.push(payload))
  await client.query(`listen ${channel}`)
  return async () => {
    // The hello of somebody else, which wakes nobody.
    const own = `hello ${randomUUID()}`
    await client.query(`notify ${channel}, '${own}'`)
    while (!payloads.includes(own)) await once(client, 'notification')
    return payloads.splice(0).filter((payload) => !payload.startsWith('hello ')).length
  }
}

async function openStore(t: Test, url: string, options = {}): Promise<AuthStore> {
  const store = await connect(url, options)
  t.teardown(() => store.close())
  await store.open({ migrate: true })
  return store
}

function connect(url: string, { listen = true, tablePrefix = 'auth_' } = {}): Promise<AuthStore> {
  return connectStore(url, { postgres: { prepare: true, listen }, log: { error: () => {} }, tablePrefix })
}

function hostOf(t: Test, connectionString: string): Kysely<unknown> {
  const pool = new pg.Pool({ connectionString })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  const host = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => host.destroy())
  return host
}

const signedUp = (id: string) => ({ id, sessionEpoch: 0 })

async function openSession(store: AuthStore): Promise<NewSession> {
  const session = newSession(await createUser(store))
  await store.sessions.open(session)
  return session
}

function rotate({ sessions }: AuthStore, session: NewSession, graceSeconds = 0) {
  return sessions.rotate({ ...session, generation: 0, graceSeconds, rotate: true })
}

/** How many connections listen, as the server sees it, and something done with each. */
async function listeners(host: Kysely<unknown>, done = 'pid'): Promise<number> {
  const { rows } = await sql`
    select ${sql.raw(done)} from pg_stat_activity
    where datname = current_database() and application_name = 'fastify-gatehouse listening'
  `.execute(host)
  return rows.length
}

/** Resolves when the server has noticed. */
async function gone(host: Kysely<unknown>, left: number): Promise<void> {
  while ((await listeners(host)) > left);
}
