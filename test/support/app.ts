/** A host app with the plugin in it, and the few things that most tests do with one. */
import Fastify, { type FastifyInstance, type FastifyServerOptions, type InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { type AuthOptions, authPlugin, type SessionAnswer } from '../../src/index.ts'

export const SECRET = 'correct horse battery staple, at length'
export const PASSWORD = 'a good passphrase'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Record<string, unknown>
  readonly text: string
}

/** Room for many sign-ins at once, without limits by try. */
const TEST_OPTIONS = {
  secret: SECRET,
  storage: 'sqlite::memory:',
  rateLimit: false,
  password: { hashing: { concurrency: 2, queue: 10_000 } }
} as const satisfies AuthOptions

/** Registered and ready, with `GET /protected` and `GET /open` of the host's own; closed when the test ends. */
export async function startApp(
  t: Test,
  options: Partial<AuthOptions> = {},
  server: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const app = Fastify(server)
  t.teardown(() => app.close())
  await app.register(authPlugin, { ...TEST_OPTIONS, ...options } as AuthOptions & { prefix: string })
  app.get('/protected', { preHandler: app.authenticate }, async (request) => request.user)
  app.get('/open', async (request) => ({ user: request.user }))
  await app.ready()
  return app
}

export async function call(app: FastifyInstance, request: InjectOptions): Promise<Answer> {
  const { statusCode, body, headers } = await app.inject(request)
  return { status: statusCode, body: body === '' ? {} : JSON.parse(body), headers, text: body }
}

export const post = (app: FastifyInstance, url: string, payload: object = {}, headers: Record<string, string> = {}) =>
  call(app, { method: 'POST', url, payload, headers })

export const get = (app: FastifyInstance, url: string, accessToken?: string) =>
  call(app, { method: 'GET', url, headers: accessToken === undefined ? {} : bearer(accessToken) })

export const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` })

let sequence = 0
export const freshEmail = (): string => `user${++sequence}-${process.pid}@example.com`

/** A new user, signed in. */
export async function signUp(
  app: FastifyInstance,
  input: { email?: string; password?: string; [field: string]: unknown } = {}
): Promise<SessionAnswer> {
  const answer = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD, ...input })
  if (answer.status !== 201) throw new Error(`sign-up was answered ${answer.status}: ${answer.text}`)
  return answer.body as unknown as SessionAnswer
}
