/** `request.auth.signal`: what lasts longer than an answer ends with the session. */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { type AuthOptions, authPlugin, isAuthError } from '../../src/index.ts'
import { bearer, call, get, post, SECRET, signUp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { openLine } from '../support/web-socket.ts'

interface SignalApp {
  readonly app: FastifyInstance
  /** Of each request to `/signal`, in order. */
  readonly seen: AbortSignal[]
}

async function start(t: Test, options: Partial<AuthOptions> = {}): Promise<SignalApp> {
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  const seen: AbortSignal[] = []
  await app.register(authPlugin, {
    secret: SECRET,
    storage: 'sqlite::memory:',
    password: CHEAP,
    ...options
  } as AuthOptions & { prefix: string })
  app.get('/signal', { preHandler: app.authenticate }, async ({ auth }) => {
    if (auth) seen.push(auth.signal)
    return {}
  })
  return { app, seen }
}

/** Why it aborted; what it waits for keeps no process alive, so this does. */
async function aborted(signal: AbortSignal | undefined): Promise<unknown> {
  for (let time = 0; signal?.aborted === false && time < 500; time += 1) await sleep(20)
  return signal?.reason
}

const endings: Readonly<
  Record<string, (app: FastifyInstance, user: Awaited<ReturnType<typeof signUp>>) => Promise<unknown>>
> = {
  logout: (app, { refreshToken }) => post(app, '/auth/logout', { refreshToken }),
  admin: (app, { user }) => app.auth.sessions.endAll(user.id),
  disabled: (app, { user }) => app.auth.users.disable(user.id),
  deleted: (app, { user }) => app.auth.users.delete(user.id)
}

for (const [reason, end] of Object.entries(endings)) {
  t.test(`it aborts at once when the session ends here: ${reason}`, async (t) => {
    const { app, seen } = await start(t)
    const session = await signUp(app)
    const bystander = await signUp(app)
    for (const { accessToken } of [session, session, bystander]) await get(app, '/signal', accessToken)
    t.same(
      seen.map((signal) => signal.aborted),
      [false, false, false]
    )
    await end(app, session)
    t.same(
      seen.map((signal) => signal.aborted),
      [true, true, false],
      'the signals of each of its requests, and of nobody else'
    )
    t.ok(isAuthError(seen[0]?.reason))
    t.match(seen[0]?.reason, { code: 'AUTH_SESSION_ENDED', reason })
  })
}

t.test('it aborts when the session ends in another instance on the database', async (t) => {
  const storage = sqliteFile(t)
  const { app, seen } = await start(t, { storage })
  const { app: other } = await start(t, { storage })
  const { accessToken, refreshToken } = await signUp(app)
  await get(app, '/signal', accessToken)
  await post(other, '/auth/logout', { refreshToken })
  t.match(await aborted(seen[0]), { code: 'AUTH_SESSION_ENDED', reason: 'logout' })
})

t.test('it aborts when the token expires', async (t) => {
  const { app, seen } = await start(t, { accessToken: { ttl: '2s' } })
  const { accessToken } = await signUp(app)
  await get(app, '/signal', accessToken)
  t.equal(seen[0]?.aborted, false)
  t.match(await aborted(seen[0]), { code: 'AUTH_ACCESS_TOKEN_EXPIRED' })
})

t.test('a refresh ends nothing: the signal is of the token that came', async (t) => {
  const { app, seen } = await start(t)
  const { accessToken, refreshToken } = await signUp(app)
  await get(app, '/signal', accessToken)
  await post(app, '/auth/refresh', { refreshToken })
  t.equal(seen[0]?.aborted, false)
})

t.test('it is aborted from the start where the session ended between the guard and the handler', async (t) => {
  const { app } = await start(t)
  app.post('/leave', { preHandler: app.authenticate }, async ({ auth, user }) => {
    await app.auth.sessions.endAll(user.id)
    return { aborted: auth?.signal.aborted, code: auth?.signal.reason.code, reason: auth?.signal.reason.reason }
  })
  const { accessToken } = await signUp(app)
  const { body } = await post(app, '/leave', {}, bearer(accessToken))
  t.same(body, { aborted: true, code: 'AUTH_SESSION_ENDED', reason: 'admin' })
})

t.test('a request has one, of its own', async (t) => {
  const { app } = await start(t)
  const signals: (AbortSignal | undefined)[] = []
  app.get('/twice', { preHandler: app.authenticate }, async ({ auth }) => {
    signals.push(auth?.signal, auth?.signal)
    return {}
  })
  const { accessToken } = await signUp(app)
  await get(app, '/twice', accessToken)
  await get(app, '/twice', accessToken)
  t.ok(signals[0] instanceof AbortSignal)
  t.equal(signals[0], signals[1])
  t.equal(signals[2], signals[3])
  t.not(signals[0], signals[2])
})

t.test('it is in no answer and no log: whoever writes down `request.auth` asks for no signal', async (t) => {
  const { app } = await start(t)
  app.get('/auth-of-request', { preHandler: app.authenticate }, async ({ auth }) => ({ ...auth }))
  const { accessToken } = await signUp(app)
  const { body } = await get(app, '/auth-of-request', accessToken)
  t.same(Object.keys(body).sort(), ['expiresAt', 'sessionId', 'tokenId'])
})

t.test('without a guard there is none', async (t) => {
  const { app } = await start(t)
  app.get('/open', async ({ auth }) => ({ auth }))
  t.same((await get(app, '/open')).body, { auth: null })
})

t.test('ten thousand requests that read it leave nothing behind, and those that still listen are told', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const { app } = await start(t)
  const forgotten: WeakRef<AbortSignal>[] = []
  let told = 0
  app.get('/forgets', { preHandler: app.authenticate }, async (request: FastifyRequest) => {
    if (request.auth) forgotten.push(new WeakRef(request.auth.signal))
    return {}
  })
  app.get('/listens', { preHandler: app.authenticate }, async (request: FastifyRequest) => {
    request.auth?.signal.addEventListener('abort', () => told++)
    return {}
  })
  const { accessToken, refreshToken } = await signUp(app)
  const headers = bearer(accessToken)
  for (let time = 0; time < 10; time += 1) await call(app, { url: '/listens', headers })
  for (let round = 0; round < 100; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => app.inject({ url: '/forgets', headers })))
  }
  t.equal(forgotten.length, 10_000)
  await sleep(10)
  collect()
  const left = forgotten.filter((signal) => signal.deref() !== undefined).length
  t.ok(left < 500, `${left} signals are left`)

  await post(app, '/auth/logout', { refreshToken })
  t.equal(told, 10)
})

t.test('a WebSocket closes when its session ends or its token expires, and the others stay open', async (t) => {
  const { app } = await start(t, { accessToken: { ttl: '3s' } })
  await app.register(websocket)
  app.get('/socket', { websocket: true, onRequest: app.authenticate }, (socket, { auth }) => {
    socket.send('hello')
    auth?.signal.addEventListener('abort', () => socket.close(1008, auth.signal.reason.code))
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const [one, other] = [await signUp(app), await signUp(app)]
  const open = ({ accessToken }: typeof one) => openLine(`${origin}/socket`, bearer(accessToken))
  const [mine, theirs] = [await open(one), await open(other)]
  await post(app, '/auth/logout', { refreshToken: one.refreshToken })
  t.same(await mine.closed, { code: 1008, reason: 'AUTH_SESSION_ENDED' })
  t.same(await theirs.closed, { code: 1008, reason: 'AUTH_ACCESS_TOKEN_EXPIRED' }, 'in its own time')
})

t.test('an event stream closes when its user signs out, and the others flow on', async (t) => {
  const { app } = await start(t)
  app.get('/events', { preHandler: app.authenticate }, (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write('data: hello\n\n')
    request.auth?.signal.addEventListener('abort', () => reply.raw.end('event: bye\n\n'))
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const [one, other] = [await signUp(app), await signUp(app)]
  const open = async ({ accessToken }: { readonly accessToken: string }) => {
    const response = await fetch(`${origin}/events`, { headers: bearer(accessToken) })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    t.equal((await reader?.read())?.value, 'data: hello\n\n')
    return reader
  }
  const [mine, theirs] = [await open(one), await open(other)]
  await post(app, '/auth/logout', { refreshToken: one.refreshToken })
  t.equal((await mine?.read())?.value, 'event: bye\n\n')
  t.equal((await mine?.read())?.done, true)
  t.equal(await Promise.race([theirs?.read(), sleep(50, 'silent')]), 'silent')
  await theirs?.cancel()
})
