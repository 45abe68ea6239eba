/** Starting and stopping: nothing is left open, nobody is cut off. */
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import pg from 'pg'
import t from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { type AuthStore, authPlugin } from '../../src/index.ts'
import { PASSWORD, signUp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { OPTIONS, openHost } from './host.ts'
import { hostDatabases } from './kysely.ts'

const CLIENTS = 20

for (const storage of ['PostgreSQL', 'SQLite']) {
  t.test(`closing under load on ${storage}: whoever was let in is answered`, async (t) => {
    const url = storage === 'PostgreSQL' ? await postgresDatabase(t) : 'sqlite::memory:'
    const app = await openHost(t, (_, register) => register({ storage: url }), { keepAliveTimeout: 100 })
    const account = { email: 'ada@example.com', password: PASSWORD }
    await app.auth.signup(account)
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    let arrived = 0
    const everybodyIsIn = new Promise<void>((resolve) => {
      app.server.on('request', () => {
        if (++arrived === CLIENTS) resolve()
      })
    })
    const login = async () => {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${address}/auth/login`, { method: 'POST', headers, body: JSON.stringify(account) })
      return response.status
    }
    const answers = Promise.all(Array.from({ length: CLIENTS }, login))
    await everybodyIsIn
    await app.close()
    t.same(await answers, Array(CLIENTS).fill(200))
    await t.rejects(fetch(address), 'nobody else gets in')
  })
}

t.test('work that goes on after an answer is waited for', async (t) => {
  const db = await hostDatabases[1]?.open(t)
  const storage = kyselyStore(db as never)
  const account = { email: 'ada@example.com', password: PASSWORD }
  const weak = await openHost(t, (_, register) => register({ storage }))
  const { user } = await signUp(weak, account)
  const before = await hashOf(storage, account.email)

  const password = { argon2: { memoryCost: 64, timeCost: 1 } }
  const strong = await openHost(t, (_, register) => register({ storage, password }))
  await strong.auth.login(account)
  await strong.close()
  const after = await hashOf(storage, account.email)
  t.not(after, before)
  t.match(after, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  t.equal((await weak.auth.login(account)).user.id, user.id)
})

t.test('a boot that fails closes what it opened', async (t) => {
  const calls: string[] = []
  const store = kyselyStore((await hostDatabases[1]?.open(t)) as never)
  const storage: AuthStore = {
    ...store,
    open: async () => {
      calls.push('open')
      throw new Error('the tables are of another version')
    },
    close: async () => {
      calls.push('close')
    }
  }
  const app = Fastify()
  await t.rejects(async () => app.register(authPlugin, { ...OPTIONS, storage }), { message: /another version/ })
  await app.close()
  t.same(calls, ['open', 'close'])
})

t.test('a boot that is refused by a real database gives its connections back', async (t) => {
  const storage = await postgresDatabase(t)
  const app = Fastify()
  await t.rejects(async () => app.register(authPlugin, { ...OPTIONS, storage, migrate: false }), {
    name: 'OptionsError'
  })
  await app.close()
  const client = new pg.Client({ connectionString: storage })
  await client.connect()
  const clients = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'`
  // The server takes its time to see that one is gone. Nobody but who asks may be left.
  while ((await client.query(clients)).rows[0].count > 1) await sleep(10)
  await client.end()
})

t.test('a database that is not there fails the boot', async (t) => {
  const url = new URL(await postgresDatabase(t))
  const app = Fastify()
  const storage = Object.assign(url, { pathname: 'nowhere' }).href
  await t.rejects(async () => app.register(authPlugin, { ...OPTIONS, storage }), {
    name: 'StoreUnavailableError',
    cause: { code: '3D000' }
  })
  await app.close()
})

async function hashOf({ users }: AuthStore, email: string): Promise<string | null | undefined> {
  const found = await users.credential({ email })
  return found.outcome === 'found' ? found.credential.passwordHash : undefined
}
