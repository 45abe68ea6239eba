/** The client that never signs anyone out by accident: servers that fail, answers that are lost or not the server's. */
import t, { type Test } from 'tap'
import { AuthClientError } from '../../src/client/index.ts'
import {
  type Exchange,
  HOURS,
  type House,
  MINUTES,
  openTab,
  passOn,
  refreshesAt,
  sharedStore,
  signUpIn,
  startHouse,
  turnClock
} from './house.ts'

t.test('a failing refresh', async (t) => {
  const house = await startHouse(t)
  const me = `${house.url}/me`

  /** Signed in, with an access token that the server takes no more. */
  async function expired(t: Test) {
    const keep = sharedStore()
    const auth = openTab(t, house, { keep })
    await signUpIn(auth)
    house.pass(11 * MINUTES)
    house.requests.length = 0
    t.teardown(() => {
      house.fault = null
    })
    return { auth, keep }
  }

  t.test('is tried again with the same token while the server answers 503', async (t) => {
    const { auth } = await expired(t)
    const tokens = new Set<string>()
    onRefresh(house, async (exchange) => {
      for await (const chunk of exchange.request) tokens.add(String(chunk))
      if (refreshesAt(house) === 2) house.fault = null
      exchange.response.writeHead(503, { 'retry-after': '0' }).end('{"code":"AUTH_UNAVAILABLE"}')
    })
    t.equal((await auth.fetch(me)).status, 200)
    t.equal(refreshesAt(house), 3)
    t.equal(tokens.size, 1)
    t.same(auth.reasons, [])
  })

  t.test('waits as long as Retry-After says, and not at all when that is long', async (t) => {
    const { auth } = await expired(t)
    onRefresh(house, ({ response }) => {
      response.writeHead(503, { 'retry-after': '3600' }).end('{"code":"AUTH_UNAVAILABLE"}')
    })
    await t.rejects(auth.fetch(me), { status: 503, code: 'AUTH_UNAVAILABLE', retryAfter: 3600 })
    t.equal(refreshesAt(house), 1)
    t.ok(auth.user)
  })

  t.test('outlives a server that goes down and comes back', async (t) => {
    const { auth } = await expired(t)
    onRefresh(house, async () => {
      house.fault = null
      await house.stop()
      await house.start()
    })
    t.equal((await auth.fetch(me)).status, 200)
    t.same(auth.reasons, [])
  })

  t.test('ends in an error while the server stays down, and the session stands', async (t) => {
    const { auth } = await expired(t)
    await house.stop()
    t.teardown(() => house.start())
    await t.rejects(auth.fetch(me))
    await t.rejects(auth.changePassword({ currentPassword: 'one', newPassword: 'another' }), {
      status: 0,
      code: 'AUTH_UNREACHABLE'
    })
    t.ok(auth.user)
    t.equal(await auth.ready(), true)
  })

  t.test('whose answer was lost after the server rotated is repeated', async (t) => {
    const { auth } = await expired(t)
    onRefresh(house, async ({ forward, response }) => {
      house.fault = null
      t.equal((await forward()).status, 200)
      response.destroy()
    })
    t.equal((await auth.fetch(me)).status, 200)
    house.pass(11 * MINUTES)
    t.equal((await auth.fetch(me)).status, 200, 'and the token that came is good for the next')
    t.same(auth.reasons, [])
  })

  t.test('whose answer broke off in the middle is repeated', async (t) => {
    const { auth } = await expired(t)
    onRefresh(house, async ({ forward, response }) => {
      house.fault = null
      const body = await (await forward()).text()
      response.writeHead(200, { 'content-length': body.length }).write(body.slice(0, 20))
      setImmediate(() => response.destroy())
    })
    t.equal((await auth.fetch(me)).status, 200)
    t.same(auth.reasons, [])
  })

  t.test('that nobody answers is given up and repeated', async (t) => {
    const { auth } = await expired(t)
    const { timeout } = AbortSignal
    AbortSignal.timeout = (milliseconds) => timeout.call(AbortSignal, milliseconds / 100)
    t.teardown(() => {
      AbortSignal.timeout = timeout
    })
    onRefresh(house, () => {
      house.fault = null
    })
    t.equal((await auth.fetch(me)).status, 200)
    t.same(auth.reasons, [])
  })

  const strangers = [
    { what: 'a page of a proxy that wants a login', status: 401, body: '<h1>Log in to the proxy</h1>' },
    { what: 'a 401 of another code', status: 401, body: '{"code":"AUTH_API_KEY_INVALID"}' },
    { what: 'the code of an ended session under another status', status: 403, body: '{"code":"AUTH_SESSION_ENDED"}' },
    { what: 'a captive portal', status: 200, body: '<h1>Welcome to the hotel</h1>' },
    { what: 'JSON that is no session', status: 200, body: '{"user":null}' },
    {
      what: 'too many tries',
      status: 429,
      body: '{"code":"AUTH_ATTEMPTS_EXCEEDED"}',
      headers: { 'retry-after': '60' }
    },
    { what: 'a 502 of a gateway', status: 502, body: '<h1>Bad gateway</h1>', headers: { 'retry-after': '60' } },
    { what: 'a 500', status: 500, body: '{"code":"AUTH_UNEXPECTED"}', headers: { 'retry-after': '60' } }
  ]
  for (const { what, status, body, headers = {} } of strangers) {
    t.test(`that meets ${what} is thrown, and the session stands`, async (t) => {
      const { auth } = await expired(t)
      onRefresh(house, ({ response }) => void response.writeHead(status, headers).end(body))
      const error = await auth.fetch(me).catch((error) => error)
      t.ok(error instanceof AuthClientError)
      t.equal(error.status, status)
      t.ok(auth.user)
      house.fault = null
      t.equal((await auth.fetch(me)).status, 200)
      t.same(auth.reasons, [])
    })
  }

  t.test('is not thrown while the access token is good all the same', async (t) => {
    const auth = openTab(t, house)
    await signUpIn(auth)
    turnClock(t, 2 * HOURS)
    onRefresh(house, ({ response }) => void response.writeHead(429, { 'retry-after': '60' }).end())
    t.equal((await auth.fetch(me)).status, 200)
  })

  t.test('of somebody who signs out meanwhile brings nobody back', async (t) => {
    const { auth, keep } = await expired(t)
    onRefresh(house, async ({ forward, response }) => {
      house.fault = null
      const answer = await forward()
      await auth.signOut()
      response.writeHead(answer.status).end(await answer.text())
    })
    t.equal((await auth.fetch(me)).status, 401)
    t.same([auth.user, keep.read(), auth.reasons], [null, null, ['logout']])
  })
})

/** Answers refreshes this way; what else there is passes. */
function onRefresh(house: House, answer: (exchange: Exchange) => Promise<void> | void): void {
  house.fault = (exchange) => (exchange.request.url === '/auth/refresh' ? answer(exchange) : passOn(exchange))
}
