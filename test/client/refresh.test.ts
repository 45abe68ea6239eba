/** How a session goes on: past expired tokens and wrong clocks, until the server says that it ended. */
import t, { type Test } from 'tap'
import {
  HOURS,
  MINUTES,
  openTab,
  passOn,
  refreshesAt,
  sharedStore,
  signUpIn,
  startHouse,
  turnClock,
  until
} from './house.ts'

for (const locks of ['with', 'without']) {
  t.test(`${locks} Web Locks, fifty expiries in three tabs at once sign nobody out`, async (t) => {
    if (locks === 'without') hide(t, 'navigator')
    const house = await startHouse(t)
    const keep = sharedStore()
    const tabs = [openTab(t, house, { keep }), openTab(t, house, { keep }), openTab(t, house, { keep })] as const
    await signUpIn(tabs[0])
    house.requests.length = 0
    const statuses = new Set<number>()
    for (let expiry = 0; expiry < 50; expiry++) {
      house.pass(11 * MINUTES)
      const answers = tabs.flatMap((auth) => [auth.fetch(`${house.origin}/protected`), auth.fetch(`${house.url}/me`)])
      for (const { status } of await Promise.all(answers)) statuses.add(status)
    }
    t.same([...statuses], [200])
    if (locks === 'with') t.equal(refreshesAt(house), 50, 'one refresh for each expiry')
    else t.ok(refreshesAt(house) >= 50)
    t.same(
      tabs.map(({ reasons, user }) => [reasons, user?.id]),
      tabs.map(() => [[], tabs[0].user?.id])
    )
  })
}

t.test('shortly before an expiry, tabs refresh by themselves and no request meets an expired token', async (t) => {
  const house = await startHouse(t, { accessToken: { ttl: '1s' }, clock: undefined })
  const keep = sharedStore()
  const tabs = [openTab(t, house, { keep }), openTab(t, house, { keep })] as const
  await signUpIn(tabs[0])
  const { user } = tabs[1]
  await until(() => refreshesAt(house) >= 2)
  t.same(new Set(house.requests), new Set(['POST /auth/signup', 'POST /auth/refresh']))
  t.same([tabs[0].user?.id, tabs[1].user?.id], [user?.id, user?.id])
})

t.test('a refused request', async (t) => {
  const house = await startHouse(t)
  const auth = openTab(t, house)
  const me = `${house.url}/me`
  await signUpIn(auth)
  const init = { method: 'PATCH', headers: { 'content-type': 'application/json' } }

  t.test('is sent again with its body, as a string or in a Request', async (t) => {
    for (const send of [
      () => auth.fetch(me, { ...init, body: '{}' }),
      () => auth.fetch(new Request(me, { ...init, body: '{}' }))
    ]) {
      house.pass(11 * MINUTES)
      house.requests.length = 0
      t.equal((await send()).status, 200)
      t.same(house.requests, ['PATCH /auth/me', 'POST /auth/refresh', 'PATCH /auth/me'])
    }
  })

  t.test('with a stream for a body is refreshed before', async (t) => {
    house.pass(11 * MINUTES)
    turnClock(t, 11 * MINUTES)
    house.requests.length = 0
    const body = new Blob(['{}']).stream()
    t.equal((await auth.fetch(me, { ...init, body, duplex: 'half' })).status, 200)
    t.same(house.requests, ['POST /auth/refresh', 'PATCH /auth/me'])
  })

  t.test('is understood by its header where the host words errors its own way', async (t) => {
    house.pass(11 * MINUTES)
    house.fault = async ({ forward, response, request }) => {
      const answer = await forward()
      const challenge = answer.headers.get('www-authenticate')
      if (challenge) response.setHeader('www-authenticate', challenge)
      response.writeHead(answer.status).end(request.url === '/auth/me' ? 'no entry' : await answer.text())
    }
    t.equal((await auth.fetch(me)).status, 200)
    house.fault = null
  })

  t.test('is refused for good when fresh tokens are refused too', async (t) => {
    house.requests.length = 0
    house.fault = (exchange) =>
      exchange.request.url === '/auth/me'
        ? void exchange.response.writeHead(401).end('{"code":"AUTH_ACCESS_TOKEN_INVALID"}')
        : passOn(exchange)
    t.equal((await auth.fetch(me)).status, 401)
    const again = ['POST /auth/refresh', 'GET /auth/me']
    t.same(house.requests, ['GET /auth/me', ...again, ...again])
    t.ok(auth.user)
    house.fault = null
  })
})

t.test('a clock', async (t) => {
  for (const hours of [-24, 24]) {
    t.test(`that is turned by ${hours} hours costs one refresh`, async (t) => {
      const house = await startHouse(t)
      const keep = sharedStore()
      const auth = openTab(t, house, { keep })
      await signUpIn(auth)
      turnClock(t, hours * HOURS)
      for (const tab of [auth, openTab(t, house, { keep })]) {
        t.equal(await tab.ready(), true)
        t.equal((await tab.fetch(`${house.url}/me`)).status, 200)
      }
      t.equal(refreshesAt(house), 1)
      t.same(auth.reasons, [])
    })
  }

  t.test('that slept through the access token: the tab wakes up signed in', async (t) => {
    const house = await startHouse(t)
    const keep = sharedStore()
    await signUpIn(openTab(t, house, { keep }))
    house.pass(6 * 24 * HOURS)
    turnClock(t, 6 * 24 * HOURS)
    const auth = openTab(t, house, { keep })
    t.ok(auth.user, 'at once')
    t.equal(await auth.ready(), true)
    house.requests.length = 0
    t.equal((await auth.fetch(`${house.url}/me`)).status, 200)
    t.same(house.requests, ['GET /auth/me'], 'with a fresh token')
  })
})

t.test('what ends a session', async (t) => {
  const house = await startHouse(t)
  const me = `${house.url}/me`

  t.test('a stolen token that comes back ends it in every tab, and each is told why', async (t) => {
    const keep = sharedStore()
    const tabs = [openTab(t, house, { keep }), openTab(t, house, { keep })] as const
    await signUpIn(tabs[0])
    const stolen: string = JSON.parse(keep.read() ?? '').refreshToken
    house.pass(11 * MINUTES)
    await tabs[0].fetch(me)
    house.pass(1 * MINUTES)
    await t.rejects(house.app.auth.refresh({ refreshToken: stolen }), { code: 'AUTH_SESSION_ENDED' })
    const answer = await tabs[0].fetch(me)
    t.match(await answer.json(), { code: 'AUTH_SESSION_ENDED', reason: 'reuse' }, 'the answer is there to read')
    await until(() => tabs[1].reasons.length > 0)
    t.same([tabs[0].reasons, tabs[1].reasons, keep.read()], [['reuse'], ['reuse'], null])
  })

  t.test('nobody came for longer than the idle time', async (t) => {
    const auth = openTab(t, house)
    await signUpIn(auth)
    house.pass(8 * 24 * HOURS)
    t.equal((await auth.fetch(me)).status, 401)
    t.same(auth.reasons, ['expired'])
  })

  t.test('a refresh token that the server does not know', async (t) => {
    const keep = sharedStore()
    await signUpIn(openTab(t, house, { keep }))
    const forged = JSON.stringify({ ...JSON.parse(keep.read() ?? ''), refreshToken: 'rt_forged' })
    const auth = openTab(t, house, { keep: holding(forged) })
    house.pass(11 * MINUTES)
    t.equal((await auth.fetch(me)).status, 401)
    t.same(auth.reasons, ['invalid'])
  })

  t.test('what stands in the store and is no session of ours is nobody', async (t) => {
    for (const text of ['', 'null', '{', '[]', '"text"', '{"user":null}']) {
      const auth = openTab(t, house, { keep: holding(text) })
      t.equal(auth.user, null)
      t.equal(await auth.ready(), false)
      t.same(auth.reasons, [])
    }
  })
})

function holding(text: string) {
  const store = sharedStore()
  store.write(text)
  return store
}

function hide(t: Test, name: 'navigator'): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name) as PropertyDescriptor
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true })
  t.teardown(() => Object.defineProperty(globalThis, name, descriptor))
}
