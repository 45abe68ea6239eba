/** Hosts that start Fastify with options of their own. */
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { PASSWORD, signUp } from '../support/app.ts'
import { behavesAsAlone, openHost } from './host.ts'

const servers: Readonly<Record<string, FastifyServerOptions>> = {
  trustProxy: { trustProxy: true },
  'caseSensitive: false': { routerOptions: { caseSensitive: false } },
  ignoreTrailingSlash: { routerOptions: { ignoreTrailingSlash: true } },
  'no routes for HEAD': { exposeHeadRoutes: false },
  requestTimeout: { requestTimeout: 5000 },
  handlerTimeout: { handlerTimeout: 5000 },
  'a logger that is off': { logger: false },
  'request ids of its own': { genReqId: () => 'one for all', requestIdHeader: 'x-request-id' },
  'return503OnClosing: false': { return503OnClosing: false }
}

for (const [name, server] of Object.entries(servers)) {
  behavesAsAlone(`a host with ${name}`, (_, register) => register(), server)
}

t.test('behind a trusted proxy, events name the client and not the proxy', async (t) => {
  const seen: (string | null)[] = []
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  for (const trustProxy of [true, false]) {
    const app = await openHost(t, undefined, { trustProxy })
    app.auth.events.on('signup', ({ ip }) => seen.push(ip))
    const payload = { email: 'ada@example.com', password: PASSWORD }
    await app.inject({ method: 'POST', url: '/auth/signup', payload, headers })
  }
  t.same(seen, ['203.0.113.7', '127.0.0.1'])
})

t.test('paths are found as the host\u2019s router finds them', async (t) => {
  const strict = await openHost(t)
  const lenient = await openHost(t, undefined, { routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  for (const url of ['/AUTH/Me', '/auth/me/']) {
    t.equal((await strict.inject(url)).statusCode, 404)
    t.equal((await lenient.inject(url)).statusCode, 401)
  }
})

t.test('a username keeps its letters on a router that does not mind case', async (t) => {
  const app = await openHost(t, (_, register) => register({ identifiers: ['username'] }), {
    routerOptions: { caseSensitive: false }
  })
  await app.auth.signup({ username: 'Ada', password: PASSWORD })
  t.same((await app.inject('/AUTH/users/Ada')).json(), { username: 'Ada' })
  t.same((await app.inject('/auth/USERS/ada')).json(), { username: 'Ada' })
})

t.test('HEAD is guarded like GET', async (t) => {
  const app = await openHost(t)
  const { accessToken } = await signUp(app, { email: 'ada@example.com' })
  const head = async (headers: Record<string, string>) => app.inject({ method: 'HEAD', url: '/auth/me', headers })
  t.equal((await head({})).statusCode, 401)
  const answer = await head({ authorization: `Bearer ${accessToken}` })
  t.equal(answer.statusCode, 200)
  t.equal(answer.body, '')
})
