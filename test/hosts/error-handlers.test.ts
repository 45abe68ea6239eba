/** Hosts with an error handler of their own: it stays in charge, whenever it was set. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { isAuthError } from '../../src/index.ts'
import { bearer, PASSWORD, signUp } from '../support/app.ts'
import { type Arrange, behavesAsAlone, openHost, storyAlone } from './host.ts'
import { type Line, tellStory } from './story.ts'

interface Heard {
  readonly code: string
  readonly statusCode: number
  readonly reason: string | undefined
  readonly known: boolean
}

const heard: Heard[] = []

function ownShape(error: FastifyError & { reason?: string }, _request: FastifyRequest, reply: FastifyReply) {
  const { code, statusCode = 500, message, reason } = error
  heard.push({ code, statusCode, reason, known: isAuthError(error) })
  return reply.code(statusCode).send({ error: { code, message } })
}

/** What the story should be: every failure in the host's shape, the rest as it is. */
async function expectedStory(t: Test): Promise<Line[]> {
  return (await storyAlone(t)).map((line) => {
    if (line.status < 400) return line
    const { code, message } = line.body as { code: string; message: string }
    return { ...line, body: { error: { code, message } } }
  })
}

const places: Readonly<Record<string, Arrange>> = {
  'set before': async (app, register) => {
    app.setErrorHandler(ownShape)
    await register()
  },
  'set after': async (app, register) => {
    await register()
    app.setErrorHandler(ownShape)
  },
  'set around a child': async (app, register) => {
    app.setErrorHandler(ownShape)
    await app.register(async (child) => {
      child.get('/in-a-child', async () => 'nothing to do with it')
    })
    await register()
  }
}

for (const [place, arrange] of Object.entries(places)) {
  t.test(`an error handler ${place} answers in its own shape, with our status and headers`, async (t) => {
    t.same(await tellStory(await openHost(t, arrange)), await expectedStory(t))
  })

  t.test(`an error handler ${place} receives what there is to know`, async (t) => {
    const app = await openHost(t, arrange)
    heard.length = 0
    const post = async (url: string, payload: object) => app.inject({ method: 'POST', url, payload })
    await post('/auth/login', { email: 'nobody@example.com', password: PASSWORD })
    await post('/auth/signup', { email: 'ada@example.com', password: 'short' })
    const { accessToken, refreshToken } = await signUp(app, { email: 'ada@example.com' })
    await app.auth.logout({ refreshToken })
    const answer = await app.inject({ url: '/protected', headers: bearer(accessToken) })
    t.same(heard, [
      { code: 'AUTH_CREDENTIALS_INVALID', statusCode: 401, reason: undefined, known: true },
      { code: 'AUTH_PASSWORD_REJECTED', statusCode: 422, reason: 'too-short', known: true },
      { code: 'AUTH_SESSION_ENDED', statusCode: 401, reason: 'logout', known: true }
    ])
    t.match(answer.headers['www-authenticate'], /^Bearer error="invalid_token"/)
  })

  t.test(`Retry-After survives an error handler ${place}`, async (t) => {
    const app = await openHost(t, (app, register) =>
      arrange(app, () => register({ password: { hashing: { concurrency: 1, queue: 0 } } }))
    )
    const payload = { email: 'ada@example.com', password: PASSWORD }
    const answers = await Promise.all([1, 2].map(() => app.inject({ method: 'POST', url: '/auth/login', payload })))
    const refused = answers.find(({ statusCode }) => statusCode === 503)
    t.match(refused?.headers['retry-after'], /^[1-5]$/)
    t.match(refused?.json(), { error: { code: 'AUTH_OVERLOADED' } })
  })
}

behavesAsAlone('a host whose error handler throws the error on', async (app, register) => {
  app.setErrorHandler((error) => {
    throw error
  })
  await register()
})

behavesAsAlone('a host whose error handler sends the error on', async (app, register) => {
  await register()
  app.setErrorHandler((error, _request, reply) => reply.send(error))
})

t.test('an error handler may answer with another status and another kind of content', async (t) => {
  const app = await openHost(t, async (app, register) => {
    await register()
    app.setErrorHandler((_error, _request, reply) => reply.code(418).type('text/plain').send('no'))
  })
  const answer = await app.inject('/auth/me')
  t.equal(answer.statusCode, 418)
  t.equal(answer.body, 'no')
  const login = await app.inject({ method: 'POST', url: '/auth/login', payload: {} })
  t.equal(login.body, 'no')
})
