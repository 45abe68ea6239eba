/** How many statements each thing costs on PostgreSQL, and that the frequent ones are prepared under a name. */
import type { FastifyInstance, InjectOptions } from 'fastify'
import pg from 'pg'
import t from 'tap'
import { bearer, PASSWORD, startApp } from './support/app.ts'
import { postgresDatabase } from './support/databases.ts'
import { isBackground, whileWatching } from './support/statements.ts'

interface Sent {
  readonly text: string
  readonly name?: string
}

const sent: Sent[] = []
const { query } = pg.Client.prototype
pg.Client.prototype.query = function (this: pg.Client, ...[statement, ...rest]: Parameters<typeof query>) {
  sent.push(typeof statement === 'string' ? { text: statement } : (statement as Sent))
  return query.call(this, statement, ...rest)
} as typeof query
t.teardown(() => {
  pg.Client.prototype.query = query
})

async function statementsOf(work: () => Promise<unknown>): Promise<Sent[]> {
  sent.length = 0
  const { promise: done, resolve } = Promise.withResolvers<void>()
  // A letter that was posted waits to be claimed until the work is done.
  const watcher = { sending: (sql: string) => (/skip locked/i.test(sql) ? done : undefined) }
  await whileWatching(watcher, work).finally(resolve)
  return sent.filter(({ text }) => !isBackground(text))
}

interface Cost {
  readonly what: string
  readonly statements: number
  readonly status: number
  readonly request: (made: Made) => InjectOptions
}

interface Made {
  readonly accessToken: string
  readonly refreshToken: string
}

const account = { email: 'ada@example.com', username: 'ada', password: PASSWORD }
const login = { email: account.email, password: PASSWORD }
const post = (url: string, payload: object): InjectOptions => ({ method: 'POST', url, payload })

const costs: readonly Cost[] = [
  {
    what: 'signing up',
    statements: 2,
    status: 201,
    request: () => post('/auth/signup', { ...account, email: 'bob@example.com', username: 'bob' })
  },
  { what: 'signing in', statements: 2, status: 200, request: () => post('/auth/login', login) },
  {
    what: 'a wrong password',
    statements: 1,
    status: 401,
    request: () => post('/auth/login', { ...login, password: 'not the passphrase' })
  },
  {
    what: 'an unknown account',
    statements: 1,
    status: 401,
    request: () => post('/auth/login', { ...login, email: 'nobody@example.com' })
  },
  {
    what: 'refreshing',
    statements: 1,
    status: 200,
    request: ({ refreshToken }) => post('/auth/refresh', { refreshToken })
  },
  {
    what: 'a forged refresh token',
    statements: 0,
    status: 401,
    request: ({ refreshToken }) =>
      post('/auth/refresh', { refreshToken: `${refreshToken.slice(0, 20)}${'A'.repeat(refreshToken.length - 20)}` })
  },
  {
    what: 'signing out by a refresh token',
    statements: 1,
    status: 204,
    request: ({ refreshToken }) => post('/auth/logout', { refreshToken })
  },
  {
    what: 'signing out by an access token',
    statements: 1,
    status: 204,
    request: ({ accessToken }) => ({ method: 'POST', url: '/auth/logout', headers: bearer(accessToken) })
  },
  {
    what: 'a guarded route of the host',
    statements: 0,
    status: 200,
    request: ({ accessToken }) => ({ url: '/protected', headers: bearer(accessToken) })
  },
  {
    what: 'verifying',
    statements: 0,
    status: 200,
    request: ({ accessToken }) => ({ url: '/auth/verify', headers: bearer(accessToken) })
  },
  {
    what: 'a forged access token',
    statements: 0,
    status: 401,
    request: ({ accessToken }) => ({
      url: '/protected',
      headers: bearer(accessToken.replace(/[^.]*$/, 'A'.repeat(43)))
    })
  },
  {
    what: 'reading the own account',
    statements: 1,
    status: 200,
    request: ({ accessToken }) => ({ url: '/auth/me', headers: bearer(accessToken) })
  },
  { what: 'a public profile', statements: 1, status: 200, request: () => ({ url: '/auth/users/ada' }) }
]

for (const prepare of [true, false]) {
  t.test(`with prepare: ${prepare}`, async (t) => {
    const storage = await postgresDatabase(t)
    const app = await startApp(t, {
      storage,
      postgres: { prepare },
      identifiers: ['email', 'username'],
      mailer: async () => {}
    })
    await app.auth.signup(account)

    for (const { what, statements, status, request } of costs) {
      t.test(`${what} costs ${statements}`, async (t) => {
        const made: Made = await app.auth.login(login)
        await app.auth.mail.flush()
        const cost = await statementsOf(async () => t.equal((await app.inject(request(made))).statusCode, status))
        t.equal(cost.length, statements, cost.map(({ text }) => text).join('\n'))
        for (const { name, text } of cost) {
          if (prepare) t.match(name, /^gatehouse_[\w-]{16}$/, text)
          else t.equal(name, undefined, text)
        }
      })
    }

    t.test('the same thing twice is the same statement, on the wire and by name', async (t) => {
      const first = await statementsOf(() => refreshed(app))
      const second = await statementsOf(() => refreshed(app))
      t.ok(first.length > 2)
      t.same(
        first.map(({ name, text }) => [name, text]),
        second.map(({ name, text }) => [name, text])
      )
    })
  })
}

async function refreshed(app: FastifyInstance): Promise<unknown> {
  const { refreshToken } = await app.auth.login(login)
  return app.auth.refresh({ refreshToken })
}
