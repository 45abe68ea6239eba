/** Hosts that guard everything with one hook: what needs no token stays within reach. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { bearer, PASSWORD, signUp } from '../support/app.ts'
import { type Arrange, openHost, storyAlone } from './host.ts'
import { type Line, tellStory } from './story.ts'

const guards: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
  onRequest: (app) => app.addHook('onRequest', app.authenticate),
  preHandler: (app) => app.addHook('preHandler', app.authenticate),
  'a hook of the host\u2019s that waits for the guard': (app) =>
    app.addHook('onRequest', async (request, reply) => {
      await app.authenticate(request, reply)
    })
}

/** With a route before and one after the hook: Fastify runs it for those that come after. */
const behind =
  (guard: (app: FastifyInstance) => unknown): Arrange =>
  async (app, register) => {
    await register()
    app.get('/before', async () => 'open')
    guard(app)
    app.get('/after', async ({ user }) => user)
  }

/** `/open` is not open any more, and that is the only difference. */
async function expectedStory(t: Test): Promise<Line[]> {
  const story = await storyAlone(t)
  const refused = story.find(({ request }) => request === 'GET /protected, no token') as Line
  const admitted = story.find(({ request }) => request === 'GET /protected, a good token') as Line
  return story.map((line) => {
    if (line.request === 'GET /open, no token') return { ...refused, request: line.request }
    if (!line.request.startsWith('GET /open')) return line
    const { user } = admitted.body as { user: { sessionId: string } }
    const auth = { sessionId: user.sessionId, tokenId: 'an id', expiresAt: 'an instant' }
    return { ...line, body: { user, auth } }
  })
}

for (const [name, guard] of Object.entries(guards)) {
  t.test(`behind ${name}, our routes answer as ever and the host\u2019s are guarded`, async (t) => {
    const app = await openHost(t, behind(guard))
    t.same(await tellStory(app), await expectedStory(t))
    t.equal((await app.inject('/after')).statusCode, 401)
  })

  t.test(`behind ${name}, a stale token in the header keeps nobody from signing in`, async (t) => {
    let now = Date.now()
    const app = await openHost(t, (app, register) => behind(guard)(app, () => register({ clock: () => new Date(now) })))
    const account = { email: 'ada@example.com', password: PASSWORD }
    const { accessToken, refreshToken } = await signUp(app, account)
    now += 11 * 60_000
    const headers = bearer(accessToken)
    const post = async (url: string, payload: object) =>
      (await app.inject({ method: 'POST', url, headers, payload })).statusCode

    t.equal((await app.inject({ url: '/after', headers })).json().code, 'AUTH_ACCESS_TOKEN_EXPIRED')
    t.equal(await post('/auth/login', account), 200)
    t.equal(await post('/auth/signup', { ...account, email: 'bob@example.com' }), 201)
    t.equal(await post('/auth/refresh', { refreshToken }), 200)
    t.equal(await post('/auth/logout', {}), 204)
    t.equal(await post('/auth/refresh', { refreshToken }), 401, 'an expired access token ends its session')
  })
}

t.test('behind a guard over everything, what is nowhere stays nowhere', async (t) => {
  const app = await openHost(
    t,
    behind((app) => app.addHook('onRequest', app.authenticate))
  )
  const { accessToken } = await signUp(app, { email: 'ada@example.com' })
  t.equal((await app.inject({ url: '/nowhere', headers: bearer(accessToken) })).statusCode, 404)
  t.equal((await app.inject('/nowhere')).statusCode, 401, 'nothing is told to a stranger')
  t.equal((await app.inject({ url: '/auth/nowhere', headers: bearer(accessToken) })).statusCode, 404)
})

t.test('a guard that lets strangers pass leaves the story as it is', async (t) => {
  const app = await openHost(
    t,
    behind((app) => app.addHook('onRequest', app.authenticate.optional))
  )
  const withoutOpen = (story: readonly Line[]) => story.filter(({ request }) => !request.startsWith('GET /open'))
  t.same(withoutOpen(await tellStory(app)), withoutOpen(await storyAlone(t)))

  const { user, accessToken } = await signUp(app, { email: 'bob@example.com' })
  t.same((await app.inject('/open')).json(), { user: null, auth: null })
  t.equal((await app.inject({ url: '/open', headers: bearer(accessToken) })).json().user.id, user.id)
  t.equal((await app.inject({ url: '/open', headers: bearer('forged') })).statusCode, 401)
  t.equal((await app.inject('/nowhere')).statusCode, 404)
})

t.test('`await app.authenticate(request, reply)` throws what a hook would answer', async (t) => {
  const app = await openHost(t, async (app, register) => {
    await register()
    app.get('/either', async (request, reply) => {
      try {
        await app.authenticate(request, reply)
        return { known: request.user.id }
      } catch (error) {
        return { refused: (error as { code: string }).code }
      }
    })
  })
  const { user, accessToken } = await signUp(app, { email: 'ada@example.com' })
  t.same((await app.inject({ url: '/either', headers: bearer(accessToken) })).json(), { known: user.id })
  t.same((await app.inject('/either')).json(), { refused: 'AUTH_ACCESS_TOKEN_MISSING' })
})
