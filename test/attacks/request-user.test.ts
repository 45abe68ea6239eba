/** What one request does to its user never reaches another (CVE-2026-35039: a cache that hands out the same object). */
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { authPlugin, type RequestUser } from '../../src/index.ts'
import { get, SECRET, signUp } from '../support/app.ts'
import { forge, read } from './forge.ts'

const KEY = 'the key of access tokens, for this test'

interface Seen {
  readonly user: RequestUser
  readonly refusals: number
}

/** A host whose handler does its worst to `request.user`, and keeps what it saw. */
async function startVandal(t: Test) {
  const seen: Seen[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(authPlugin, {
    secret: SECRET,
    storage: 'sqlite::memory:',
    accessToken: {
      secret: KEY,
      claims: (user) => ({ email: user.email, tenant: { name: 'one', roles: ['reader'] } })
    }
  })
  app.get('/protected', { preHandler: app.authenticate }, async ({ user }) => {
    const before = JSON.stringify(user)
    seen.push({ user, refusals: vandalise(user as never) })
    return { before, after: user }
  })
  await app.ready()
  return { app, seen }
}

type Claimed = { id: string; admin?: boolean; tenant: { name: string; roles: string[] } }

function vandalise(user: Claimed): number {
  const attempts = [
    () => Object.assign(user, { id: 'somebody else' }),
    () => Object.assign(user, { admin: true }),
    () => Reflect.deleteProperty(user, 'id') || refuse(),
    () => Object.setPrototypeOf(user, { admin: true }),
    () => Object.assign(user.tenant, { name: 'two' }),
    () => Object.assign(user.tenant, { admin: true }),
    () => user.tenant.roles.push('owner'),
    () => Object.assign(user.tenant.roles, { 0: 'owner' })
  ]
  return attempts.filter((attempt) => {
    try {
      attempt()
      return false
    } catch {
      return true
    }
  }).length
}

function refuse(): never {
  throw new TypeError('not deleted')
}

t.test('JW10, row 6 request.user is frozen, nested claims too, and made anew for each request', async (t) => {
  const { app, seen } = await startVandal(t)
  const { user, accessToken } = await signUp(app)
  for (let request = 0; request < 3; request += 1) {
    const { status, body } = await get(app, '/protected', accessToken)
    t.equal(status, 200)
    t.same(body.after, JSON.parse(String(body.before)))
    t.match(body.after, { id: user.id, tenant: { name: 'one', roles: ['reader'] } })
  }
  t.same(
    seen.map(({ refusals }) => refusals),
    [8, 8, 8],
    'every attempt throws'
  )
  t.equal(new Set(seen.map(({ user }) => user)).size, 3)
})

t.test('row 6 tokens that look alike are told apart, whichever was seen first', async (t) => {
  const { app } = await startVandal(t)
  const users = await Promise.all([signUp(app), signUp(app), signUp(app)])
  for (const order of [users, users.toReversed(), [...users, ...users]]) {
    const answers = await Promise.all(order.map(({ accessToken }) => get(app, '/protected', accessToken)))
    t.same(
      answers.map(({ body }) => (body.after as RequestUser).id),
      order.map(({ user }) => user.id)
    )
  }
  const [one, two] = users.map(({ accessToken }) => accessToken.split('.'))
  const crossed = [one?.[0], two?.[1], one?.[2]].join('.')
  t.equal((await get(app, '/protected', crossed)).status, 401, 'the claims of one under the signature of another')
})

t.test('JW10 ten thousand tokens later, each still speaks for its own user', async (t) => {
  const { app } = await startVandal(t)
  const first = await signUp(app)
  t.equal((await get(app, '/protected', first.accessToken)).status, 200)
  const { header, payload } = read(first.accessToken)
  for (let number = 0; number < 10_100; number += 1) {
    const sub = `user ${number}`
    const { user } = app.auth.tokens.verify(forge(header, { ...payload, sub, jti: `token ${number}` }, KEY))
    if (user.id !== sub) t.equal(user.id, sub)
  }
  const last = await signUp(app)
  t.match((await get(app, '/protected', last.accessToken)).body.after, { id: last.user.id })
  t.match((await get(app, '/protected', first.accessToken)).body.after, { id: first.user.id })
})
