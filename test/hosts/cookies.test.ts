/** Hosts that speak cookies. */
import fastifyCookie, { type FastifyCookieOptions } from '@fastify/cookie'
import t from 'tap'
import { bearer, signUp } from '../support/app.ts'
import { behavesAsAlone, openHost } from './host.ts'

const kinds: Readonly<Record<string, FastifyCookieOptions>> = {
  '@fastify/cookie': {},
  '@fastify/cookie with a secret': { secret: 'a secret for signing cookies, of the host' },
  '@fastify/cookie with parseOptions': { parseOptions: { domain: 'example.com', path: '/app', signed: false } }
}

for (const [kind, options] of Object.entries(kinds)) {
  behavesAsAlone(`a host that registered ${kind} before`, async (app, register) => {
    await app.register(fastifyCookie, options)
    await register()
  })

  behavesAsAlone(`a host that registers ${kind} after`, async (app, register) => {
    await register()
    await app.register(fastifyCookie, options)
  })
}

t.test('the host reads and sets its cookies on guarded routes', async (t) => {
  const app = await openHost(t, async (app, register) => {
    await register()
    await app.register(fastifyCookie)
    app.get('/theme', { onRequest: app.authenticate }, async ({ cookies }, reply) => {
      reply.setCookie('seen', 'yes')
      return { theme: cookies.theme }
    })
  })
  const { accessToken } = await signUp(app, { email: 'ada@example.com' })
  const answer = await app.inject({ url: '/theme', headers: bearer(accessToken), cookies: { theme: 'dark' } })
  t.same(answer.json(), { theme: 'dark' })
  t.match(answer.cookies, [{ name: 'seen', value: 'yes' }])
})
