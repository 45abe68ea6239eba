/** A browser that lives on cookies: signing in, staying signed in, signing out. */
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, freshEmail, PASSWORD, post, startApp } from '../support/app.ts'
import { cookieNames, cookieValue, OWN_PAGE, openBrowser, setCookies, signUpInBrowser } from '../support/browser.ts'
import { CHEAP } from '../support/mail-app.ts'

const ACCESS = '__Host-access'
const REFRESH = '__Host-refresh'

const start = (t: Test, transport: NonNullable<AuthOptions['transport']>, options: Partial<AuthOptions> = {}) =>
  startApp(t, { password: CHEAP, transport, ...options })

t.test('a browser lives on its cookies alone: signs in, is known, refreshes, signs out', async (t) => {
  const app = await start(t, 'cookie')
  const { browser, email } = await signUpInBrowser(app)
  t.equal((await browser.get('/protected')).body.email, email)
  const before = browser.cookies.get(REFRESH)
  t.equal((await browser.post('/auth/refresh')).status, 200)
  t.not(browser.cookies.get(REFRESH), before)
  const kept = new Map(browser.cookies)
  t.equal((await browser.post('/auth/logout')).status, 204)
  t.equal(browser.cookies.size, 0)
  t.equal((await browser.get('/protected')).status, 401)

  for (const [name, value] of kept) browser.cookies.set(name, value)
  const ended = { code: 'AUTH_SESSION_ENDED', reason: 'logout' }
  t.match((await browser.get('/auth/verify')).body, ended, 'cookies that were kept')
  t.match((await browser.post('/auth/refresh')).body, ended)
  t.equal((await browser.post('/auth/logout')).status, 204, 'twice is fine')
  t.equal(browser.cookies.size, 0, 'and clears them too')
})

t.test('an access cookie alone signs out, an expired one too', async (t) => {
  let now = Date.now()
  const app = await start(t, 'cookie', { clock: () => new Date(now) })
  for (const minutes of [0, 11]) {
    const { browser } = await signUpInBrowser(app)
    const refresh = String(browser.cookies.get(REFRESH))
    browser.cookies.delete(REFRESH)
    now += minutes * 60_000
    t.equal((await browser.post('/auth/logout')).status, 204)
    browser.cookies.set(REFRESH, refresh)
    t.match((await browser.post('/auth/refresh')).body, { code: 'AUTH_SESSION_ENDED', reason: 'logout' })
  }
})

for (const [transport, names] of [
  ['cookie', [ACCESS, REFRESH]],
  ['refresh-cookie', [REFRESH]]
] as const) {
  t.test(`${transport}: remember says whether the browser keeps the session when it closes`, async (t) => {
    const app = await start(t, transport)
    for (const [remember, ages] of [
      [undefined, { [ACCESS]: 'Max-Age=600', [REFRESH]: 'Max-Age=604800' }],
      [true, { [ACCESS]: 'Max-Age=600', [REFRESH]: 'Max-Age=604800' }],
      [false, {}]
    ] as const) {
      const browser = openBrowser(app)
      const account = { email: freshEmail(), password: PASSWORD, ...(remember !== undefined && { remember }) }
      const ageOf = (answer: Answer) =>
        Object.fromEntries(
          setCookies(answer).flatMap(({ name, attributes }) => {
            const age = attributes.find((attribute) => /^(max-age|expires)=/i.test(attribute))
            return age === undefined ? [] : [[name, age]]
          })
        )
      const expected = Object.fromEntries(Object.entries(ages).filter(([name]) => names.includes(name as never)))
      for (const url of ['/auth/signup', '/auth/login', '/auth/refresh', '/auth/refresh']) {
        const answer = await browser.post(url, url === '/auth/refresh' ? {} : account)
        t.ok(answer.status < 300, `${url}, remember: ${remember}`)
        t.same(cookieNames(answer), names)
        t.same(ageOf(answer), expected, `${url}, remember: ${remember}`)
      }
    }
    t.equal(
      (await post(app, '/auth/login', { email: freshEmail(), password: PASSWORD, remember: 'no' }, OWN_PAGE)).status,
      400
    )
  })
}

t.test('a lifetime of broken seconds still makes a cookie', async (t) => {
  const app = await start(t, 'cookie', { refreshToken: { idleTtl: 90.5 } })
  const { answer } = await signUpInBrowser(app)
  t.ok(setCookies(answer)[1]?.attributes.includes('Max-Age=90'))
})

t.test('a refresh that fails clears no cookies: another tab may have won the race for them', async (t) => {
  let now = Date.now()
  const app = await start(t, ['cookie', 'bearer'], { clock: () => new Date(now) })
  const reused = await signUpInBrowser(app)
  const used = String(reused.browser.cookies.get(REFRESH))
  await reused.browser.post('/auth/refresh')
  now += 31_000
  const ended = await signUpInBrowser(app)
  await ended.browser.post('/auth/logout', {}, {})
  const failures = {
    forged: `${REFRESH}=rt_forged`,
    empty: `${REFRESH}=`,
    reused: `${REFRESH}=${used}`,
    'of an ended session': `${REFRESH}=${cookieValue(ended.answer, REFRESH)}; ${ACCESS}=${cookieValue(ended.answer, ACCESS)}`
  }
  for (const [name, cookie] of Object.entries(failures)) {
    const answer = await post(app, '/auth/refresh', {}, { ...OWN_PAGE, cookie })
    t.equal(answer.status, 401, name)
    t.equal(answer.headers['set-cookie'], undefined, name)
  }
  const foreign = await post(app, '/auth/refresh', {}, { cookie: `${REFRESH}=${used}` })
  t.equal(foreign.status, 403)
  t.equal(foreign.headers['set-cookie'], undefined)
})

t.test('a client without cookies is sent none when it signs out, and ends no other session', async (t) => {
  const app = await start(t, ['bearer', 'cookie'])
  const { browser } = await signUpInBrowser(app, { 'auth-transport': 'cookie' })
  const native = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })
  const signedOut = await post(app, '/auth/logout', { refreshToken: native.body.refreshToken })
  t.equal(signedOut.status, 204)
  t.equal(signedOut.headers['set-cookie'], undefined)
  t.equal((await browser.get('/protected')).status, 200)
})
