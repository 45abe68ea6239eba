/** Hosts with JSON Web Tokens of their own: both kinds work side by side, and `request.user` is each route's own. */
import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { bearer, signUp } from '../support/app.ts'
import { type Arrange, behavesAsAlone, openHost } from './host.ts'

const HOST_SECRET = 'a secret that belongs to the host'
const registerJwt = async (app: FastifyInstance) => app.register(fastifyJwt, { secret: HOST_SECRET })

const hosts: Readonly<Record<string, Arrange>> = {
  'a host that registered @fastify/jwt before': async (app, register) => {
    await registerJwt(app)
    await register()
  },
  'a host that registers @fastify/jwt after': async (app, register) => {
    await register()
    await registerJwt(app)
  },
  'a host that registers @fastify/jwt after, without waiting': (app, register) => {
    const ours = register()
    app.register(fastifyJwt, { secret: HOST_SECRET })
    return ours
  },
  'a host with a namespace, a cookie and a name of its own in @fastify/jwt': async (app, register) => {
    await app.register(fastifyJwt, {
      secret: HOST_SECRET,
      namespace: 'partner',
      decoratorName: 'partner',
      cookie: { cookieName: 'token', signed: false }
    })
    await register()
  }
}

for (const [host, arrange] of Object.entries(hosts)) behavesAsAlone(host, arrange)

for (const host of ['a host that registered @fastify/jwt before', 'a host that registers @fastify/jwt after']) {
  t.test(`${host}: both kinds of token are good, each on its own routes`, async (t) => {
    const app = await openHost(t, async (app, register) => {
      await hosts[host]?.(app, register)
      const jwtVerify = { onRequest: async (request: { jwtVerify(): Promise<unknown> }) => request.jwtVerify() }
      app.get('/partner', jwtVerify, async ({ user }) => ({ user }))
    })
    const theirs = app.jwt.sign({ partner: 'acme' })
    const { user, accessToken } = await signUp(app, { email: 'ada@example.com' })
    const ask = async (url: string, token: string) => app.inject({ url, headers: bearer(token) })

    for (let time = 0; time < 2; time++) {
      t.match((await ask('/protected', accessToken)).json(), { user: { id: user.id, email: 'ada@example.com' } })
      t.match((await ask('/partner', theirs)).json(), { user: { partner: 'acme' } })
    }
    t.equal((await ask('/protected', theirs)).statusCode, 401)
    t.equal((await ask('/partner', accessToken)).statusCode, 401)
    t.same((await app.inject('/open')).json(), { user: null, auth: null })
  })
}

t.test('a token that a host signed with our secret and our claims is not ours', async (t) => {
  const app = await openHost(t, hosts['a host that registered @fastify/jwt before'])
  const { accessToken } = await signUp(app, { email: 'ada@example.com' })
  const forged = app.jwt.sign(app.jwt.decode(accessToken) as object)
  t.equal((await app.inject({ url: '/protected', headers: bearer(forged) })).statusCode, 401)
})

t.test('@fastify/jwt in a child, registered later or earlier, is that child\u2019s', async (t) => {
  const child = async (scope: FastifyInstance) => {
    await registerJwt(scope)
    const prefix = scope.prefix
    scope.get('/theirs', { onRequest: async (request) => request.jwtVerify() }, async ({ user }) => ({ user, prefix }))
    scope.get('/ours', { onRequest: (...hook) => scope.authenticate(...hook) }, async ({ user, auth }) => ({
      user,
      auth
    }))
    scope.get('/nobody', async ({ user, auth }) => ({ user: user ?? null, auth }))
    scope.get('/token', async () => scope.jwt.sign({ partner: 'acme' }))
  }
  const app = await openHost(t, async (app, register) => {
    app.register(child, { prefix: '/early' })
    await register()
    app.register(child, { prefix: '/late' })
  })
  const { user, accessToken } = await signUp(app, { email: 'ada@example.com' })
  for (const prefix of ['/early', '/late']) {
    const token = (await app.inject(`${prefix}/token`)).body
    t.same((await app.inject({ url: `${prefix}/theirs`, headers: bearer(token) })).json().user.partner, 'acme', prefix)
    const { user: seen, auth } = (await app.inject({ url: `${prefix}/ours`, headers: bearer(accessToken) })).json()
    t.equal(seen.id, user.id, prefix)
    t.equal(auth.sessionId, seen.sessionId, prefix)
    t.same((await app.inject(`${prefix}/nobody`)).json(), { user: null, auth: null }, prefix)
  }
})
