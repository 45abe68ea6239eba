/** An app that was written with axios and axios-auth-refresh, as the README of the latter shows, against the bearer routes. */
import axios, { type AxiosInstance, isAxiosError } from 'axios'
import { type AxiosAuthRefreshOptions, createAuthRefresh } from 'axios-auth-refresh'
import t, { type Test } from 'tap'
import type { SessionAnswer } from '../../src/index.ts'
import { freshEmail, PASSWORD, startApp } from '../support/app.ts'
import { CHEAP } from '../support/mail-app.ts'

interface FailedRequest {
  readonly response: { readonly config: { readonly headers: { Authorization?: string } } }
}

interface Client {
  readonly http: AxiosInstance
  readonly storage: Map<string, string>
  /** The requests that the server got, as method and path. */
  readonly received: string[]
  /** Resolves when the server gets the next refresh. */
  refreshing(): Promise<void>
  expireAccessToken(): void
}

/** Signed in, with both tokens in storage. */
async function startClient(t: Test, options: AxiosAuthRefreshOptions = {}): Promise<Client> {
  let now = Date.now()
  const app = await startApp(t, { password: CHEAP, clock: () => new Date(now) }, { forceCloseConnections: true })
  const received: string[] = []
  const waiting = new Set<() => void>()
  app.server.on('request', ({ method, url }) => {
    received.push(`${method} ${url}`)
    if (url === '/auth/refresh') for (const start of waiting) start()
  })
  const http = axios.create({ baseURL: await app.listen({ host: '127.0.0.1', port: 0 }) })
  const storage = new Map<string, string>()

  const keep = ({ accessToken, refreshToken }: SessionAnswer) => {
    storage.set('token', accessToken)
    storage.set('refreshToken', refreshToken)
  }
  const account = { email: freshEmail(), password: PASSWORD }
  keep((await http.post<SessionAnswer>('/auth/signup', account)).data)

  const refreshAuthLogic = async (failedRequest: FailedRequest) => {
    const config: object = { skipAuthRefresh: options.deduplicateRefresh === false }
    const body = { refreshToken: storage.get('refreshToken') }
    const { data } = await http.post<SessionAnswer>('/auth/refresh', body, config)
    keep(data)
    failedRequest.response.config.headers.Authorization = `Bearer ${data.accessToken}`
  }
  // Its types are about axios as CommonJS has it.
  createAuthRefresh(http as never, refreshAuthLogic, options)
  http.interceptors.request.use((request) => {
    request.headers.Authorization = `Bearer ${storage.get('token')}`
    return request
  })
  received.length = 0
  return {
    http,
    storage,
    received,
    refreshing: () => new Promise((resolve) => waiting.add(resolve)),
    expireAccessToken() {
      now += 11 * 60_000
    }
  }
}

const refreshes = (received: readonly string[]) => received.filter((line) => line === 'POST /auth/refresh').length

t.test('a good access token is all that a request needs', async (t) => {
  const { http, received } = await startClient(t)
  t.equal((await http.get('/protected')).status, 200)
  t.same(received, ['GET /protected'])
})

t.test('an expired access token is refreshed once, and its request repeated', async (t) => {
  const { http, storage, received, expireAccessToken } = await startClient(t)
  for (let time = 0; time < 3; time += 1) {
    const token = storage.get('token')
    expireAccessToken()
    received.length = 0
    t.equal((await http.get('/protected')).status, 200)
    t.same(received, ['GET /protected', 'POST /auth/refresh', 'GET /protected'])
    t.not(storage.get('token'), token)
  }
})

t.test('requests that begin while it refreshes wait, and then are answered', async (t) => {
  const { http, received, refreshing, expireAccessToken } = await startClient(t)
  expireAccessToken()
  const first = http.get('/protected')
  await refreshing()
  const others = Array.from({ length: 20 }, () => http.get('/protected'))
  for (const { status } of await Promise.all([first, ...others])) t.equal(status, 200)
  t.equal(refreshes(received), 1)
})

t.test('parallel requests that find the token expired are all answered, and stay signed in', async (t) => {
  // Its default gives up those that fail while another one refreshes.
  const { http, received, expireAccessToken } = await startClient(t, { deduplicateRefresh: false })
  for (let time = 0; time < 3; time += 1) {
    expireAccessToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.get('/protected')))
    t.ok(answers.every(({ status }) => status === 200))
  }
  t.ok(refreshes(received) >= 3)
})

t.test('two such clients on one storage, as two tabs are, keep each other signed in', async (t) => {
  const { http, storage, received, expireAccessToken } = await startClient(t)
  const token = String(storage.get('refreshToken'))
  expireAccessToken()
  await http.get('/protected')
  // The other tab read the storage before this one wrote it.
  storage.set('refreshToken', token)
  storage.set('token', 'stale')
  t.equal((await http.get('/protected')).status, 200)
  t.equal(refreshes(received), 2)
  expireAccessToken()
  t.equal((await http.get('/protected')).status, 200)
})

t.test(
  'after a sign-out a request fails with what the refresh was told, and nothing goes round in circles',
  async (t) => {
    const { http, storage, received } = await startClient(t)
    await http.post('/auth/logout', { refreshToken: storage.get('refreshToken') })
    received.length = 0
    const failure: unknown = await http.get('/protected').catch((error: unknown) => error)
    t.ok(isAxiosError(failure))
    t.match((failure as { response: object }).response, {
      status: 401,
      data: { code: 'AUTH_SESSION_ENDED', reason: 'logout' }
    })
    t.same(received, ['GET /protected', 'POST /auth/refresh'])
  }
)

t.test('a wrong password and a request that is forbidden start no refresh', async (t) => {
  const { http, received } = await startClient(t)
  const outcome = async (request: Promise<unknown>) =>
    request.then(
      () => 200,
      (error: unknown) => (isAxiosError(error) ? error.response?.status : error)
    )
  t.equal(await outcome(http.delete('/auth/sessions/01980000-0000-7000-8000-000000000000')), 404)
  t.equal(await outcome(http.post('/auth/signup', { email: freshEmail() })), 400)
  t.equal(refreshes(received), 0)
})
