/** Cookies and the client: a browser's jar, in as much of it as the client needs. */
import t from 'tap'
import { MINUTES, openTab, passOn, signUpIn, startHouse, until } from './house.ts'

for (const keep of ['cookies', 'refresh-cookie'] as const) {
  t.test(`with its tokens in ${keep}`, async (t) => {
    const transport = keep === 'cookies' ? 'cookie' : keep
    const house = await startHouse(t, { transport: ['bearer', transport], cookie: { secure: false } })
    const me = `${house.url}/me`

    t.test('a tab signs in, and no script sees the refresh token', async (t) => {
      const { fetch, told } = browser()
      const auth = openTab(t, house, { keep, fetch })
      t.equal(await auth.ready(), false)
      await signUpIn(auth)
      t.equal((await auth.fetch(me)).status, 200)
      t.notMatch(told.join(), /rt_[\w-]{94}|"refreshToken"/)
      t.equal(/"accessToken"/.test(told.join()), keep === 'refresh-cookie')
      await auth.signOut()
      t.equal(await auth.ready(), false)
      t.same(auth.reasons, ['logout'])
    })

    t.test('a page that loads again finds its user, awake or after a long sleep', async (t) => {
      const { fetch } = browser()
      const { email } = await signUpIn(openTab(t, house, { keep, fetch }))
      for (const minutes of [0, 11]) {
        house.pass(minutes * MINUTES)
        const auth = openTab(t, house, { keep, fetch })
        t.equal(await auth.ready(), true)
        t.equal(auth.user?.email, email)
        t.equal((await auth.fetch(me)).status, 200)
        auth.close()
      }
    })

    t.test('a page that asks nothing first goes by the cookies, an access cookie that is gone included', async (t) => {
      const { fetch, jar } = browser()
      await signUpIn(openTab(t, house, { keep, fetch }))
      jar.delete('access')
      t.equal((await openTab(t, house, { keep, fetch }).fetch(me)).status, 200)
    })

    t.test('the loser of a race, whose cookies were replaced meanwhile, tries those', async (t) => {
      const { fetch } = browser()
      const auth = openTab(t, house, { keep, fetch })
      await signUpIn(auth)
      house.pass(11 * MINUTES)
      house.fault = (exchange) => {
        if (exchange.request.url !== '/auth/refresh') return passOn(exchange)
        house.fault = null
        exchange.response.writeHead(401).end('{"code":"AUTH_REFRESH_TOKEN_INVALID"}')
      }
      t.equal((await auth.fetch(me)).status, 200)
      t.same(auth.reasons, [])
    })

    t.test('the server cannot be asked: that is thrown, and is no sign-out', async (t) => {
      const { fetch } = browser()
      await signUpIn(openTab(t, house, { keep, fetch }))
      const auth = openTab(t, house, { keep, fetch })
      house.fault = ({ response }) => void response.writeHead(503, { 'retry-after': '60' }).end()
      await t.rejects(auth.ready(), { status: 503, code: 'AUTH_ANSWER_UNKNOWN' })
      await t.rejects(auth.signOut(), { status: 503, code: 'AUTH_ANSWER_UNKNOWN' }, 'nor can the cookies be cleared')
      house.fault = null
      t.equal(await auth.ready(), true)
    })

    t.test('twenty expiries in three tabs at once sign nobody out', async (t) => {
      const { fetch } = browser()
      const tabs = [1, 2, 3].map(() => openTab(t, house, { keep, fetch }))
      await signUpIn(tabs[0] as (typeof tabs)[0])
      const statuses = new Set<number>()
      for (let expiry = 0; expiry < 20; expiry++) {
        house.pass(11 * MINUTES)
        for (const { status } of await Promise.all(tabs.map((auth) => auth.fetch(me)))) statuses.add(status)
      }
      t.same([...statuses], [200])
      t.same(
        tabs.map(({ user, reasons }) => [user?.id, reasons]),
        tabs.map(() => [tabs[0]?.user?.id, []])
      )
    })

    t.test('signing in and out, and why, reaches every tab', async (t) => {
      const { fetch } = browser()
      const here = openTab(t, house, { keep, fetch })
      const there = openTab(t, house, { keep, fetch })
      const account = await signUpIn(here)
      await until(() => there.user?.email === account.email)
      await there.changePassword({ currentPassword: account.password, newPassword: 'another good passphrase' })
      t.equal((await here.fetch(me)).status, 200)
      await house.app.auth.logoutAll(String(here.user?.id))
      t.equal((await here.fetch(me)).status, 401)
      await until(() => there.user === null)
      t.same([here.reasons, there.reasons], [['logout'], ['logout']])
    })
  })
}

t.test('a page load rotates nothing while the access cookie is good', async (t) => {
  const house = await startHouse(t, { transport: 'cookie', cookie: { secure: false } })
  const { fetch } = browser()
  await signUpIn(openTab(t, house, { keep: 'cookies', fetch }))
  house.requests.length = 0
  t.equal(await openTab(t, house, { keep: 'cookies', fetch }).ready(), true)
  t.same(house.requests, ['GET /auth/me'])
})

/** Keeps cookies, says that its pages are the server's own, and remembers what scripts were told. */
function browser() {
  const jar = new Map<string, string>()
  const told: string[] = []
  const browse: typeof fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('sec-fetch-site', 'same-origin')
    if (init.credentials === 'include') headers.set('cookie', [...jar].map((cookie) => cookie.join('=')).join('; '))
    const response = await fetch(input, { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0\b/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    told.push(await response.clone().text())
    return response
  }
  return { fetch: browse, jar, told }
}
