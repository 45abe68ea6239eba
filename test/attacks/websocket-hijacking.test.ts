/** RFC 6455 10.2: a stranger's page opens a WebSocket, its visitor's cookies go along, and no CORS keeps it from reading. */
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'
import { bearer, SECRET, signUp, startApp } from '../support/app.ts'
import { signUpInBrowser } from '../support/browser.ts'
import { CHEAP } from '../support/mail-app.ts'
import { openLine } from '../support/web-socket.ts'

const LISTED = 'https://listed.example.org'
const EVIL = 'https://evil.example'

async function start(t: Test, options: Partial<AuthOptions> = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(websocket)
  await app.register(authPlugin, {
    secret: SECRET,
    storage: 'sqlite::memory:',
    transport: ['bearer', 'cookie'],
    origins: [LISTED],
    password: CHEAP,
    ...options
  } as AuthOptions & { prefix: string })
  for (const hook of ['onRequest', 'preHandler'] as const) {
    app.get(`/${hook}`, { websocket: true, [hook]: app.authenticate }, (socket, { user }) => socket.send(user.id))
    app.get(`/${hook}/optional`, { websocket: true, [hook]: app.authenticate.optional }, (socket, { user }) =>
      socket.send(user?.id ?? 'nobody')
    )
  }
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, origin }
}

t.test('cookies open a WebSocket for pages of ours alone', async (t) => {
  const { app, origin } = await start(t)
  const { browser, answer } = await signUpInBrowser(app, { 'auth-transport': 'cookie' })
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
  const { id } = answer.body.user as { id: string }
  for (const path of ['/onRequest', '/preHandler', '/onRequest/optional', '/preHandler/optional']) {
    for (const [page, headers, passes] of [
      ['of ours', { origin }, true],
      ['that is listed', { origin: LISTED }, true],
      ["of a stranger's", { origin: EVIL }, false],
      ['on another port', { origin: 'http://127.0.0.1:1' }, false],
      ['in a sandbox', { origin: 'null' }, false],
      ['that does not say where it is', {}, false],
      ['of ours, as its browser says', { 'sec-fetch-site': 'same-origin', origin }, true],
      ['of a sister, as its browser says', { 'sec-fetch-site': 'same-site', origin: EVIL }, false]
    ] as const) {
      const line = await openLine(origin + path, { cookie, ...headers })
      t.equal(line.opened, passes, `${path} from a page ${page}`)
      t.same(line.messages, passes ? [id] : [])
      if (passes) line.close()
      else t.same(await line.closed, { code: 1006, reason: '' })
    }
  }
})

t.test('a token in the header opens one from anywhere, and no token opens none', async (t) => {
  const { app, origin } = await start(t)
  const { accessToken, user } = await signUp(app)
  const line = await openLine(`${origin}/onRequest`, { ...bearer(accessToken), origin: EVIL })
  t.same(line.messages, [user.id])
  line.close()
  t.equal((await openLine(`${origin}/onRequest`, { origin })).opened, false)
})

t.test('whatever the letters of the upgrade, and however many are asked for', async (t) => {
  const app = await startApp(t, { transport: 'cookie', password: CHEAP })
  const { browser } = await signUpInBrowser(app)
  const status = async (upgrade: string) =>
    (await browser.send({ url: '/protected', headers: { origin: EVIL, connection: 'Upgrade', upgrade } })).status
  for (const upgrade of ['websocket', 'WebSocket', 'WEBSOCKET', 'h2c, websocket', 'websocket/13'])
    t.equal(await status(upgrade), 403, upgrade)
  t.equal(await status('h2c'), 200, 'what only asks for another HTTP')
})
