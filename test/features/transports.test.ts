/** How tokens travel. What each transport is said to do stands here once more, and is asked of every list of them. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, bearer, call, freshEmail, PASSWORD, post, startApp } from '../support/app.ts'
import { cookieNames, cookieValue, OWN_PAGE, setCookies, signUpInBrowser } from '../support/browser.ts'
import { CHEAP } from '../support/mail-app.ts'

type Transport = 'bearer' | 'cookie' | 'refresh-cookie'

const ACCESS = '__Host-access'
const REFRESH = '__Host-refresh'

const places = {
  bearer: { body: ['accessToken', 'expiresIn', 'refreshToken', 'tokenType', 'user'], cookies: [] },
  cookie: { body: ['expiresIn', 'user'], cookies: [ACCESS, REFRESH] },
  'refresh-cookie': { body: ['accessToken', 'expiresIn', 'tokenType', 'user'], cookies: [REFRESH] }
} as const

const kinds = Object.keys(places) as Transport[]

const lists: readonly (readonly Transport[])[] = [
  ['bearer'],
  ['cookie'],
  ['refresh-cookie'],
  ['bearer', 'cookie'],
  ['cookie', 'bearer'],
  ['refresh-cookie', 'bearer'],
  ['cookie', 'refresh-cookie'],
  ['bearer', 'refresh-cookie', 'cookie']
]

const start = (t: Test, transport: AuthOptions['transport'], options: Partial<AuthOptions> = {}) =>
  startApp(t, { password: CHEAP, ...(transport !== undefined && { transport }), ...options })

const asking = (transport: string | undefined): Record<string, string> =>
  transport === undefined ? {} : { 'auth-transport': transport }

/** Every token of an answer is in one place, and in no other. */
function travelsAs(t: Test, answer: Answer, transport: Transport, name: string): void {
  t.same(Object.keys(answer.body).sort(), places[transport].body, `${name}: body`)
  t.same(cookieNames(answer), places[transport].cookies, `${name}: cookies`)
  for (const { value } of setCookies(answer)) t.notOk(answer.text.includes(value), `${name}: no cookie is in the body`)
}

interface Tokens {
  readonly access: string
  readonly refresh: string
}

/** A new session's tokens, wherever they came. */
async function tokensOf(app: FastifyInstance, transport: Transport): Promise<Tokens> {
  const { answer } = await signUpInBrowser(app, asking(transport))
  return {
    access: String(answer.body.accessToken ?? cookieValue(answer, ACCESS)),
    refresh: String(answer.body.refreshToken ?? cookieValue(answer, REFRESH))
  }
}

const refreshBy = {
  body: (token: string) => ({ payload: { refreshToken: token } }),
  'x-refresh-token': (token: string) => ({ headers: { 'x-refresh-token': token } }),
  cookie: (token: string) => ({ headers: { cookie: `${REFRESH}=${token}` } })
} as const

type Presentation = keyof typeof refreshBy
const presentations = Object.keys(refreshBy) as Presentation[]

/** One request with several tokens, each by its own way. */
function carrying(tokens: Partial<Record<Presentation, string>>, headers: Record<string, string> = {}) {
  const parts = Object.entries(tokens).map(([way, token]) => refreshBy[way as Presentation](token))
  return {
    method: 'POST' as const,
    payload: Object.assign({}, ...parts.map((part) => ('payload' in part ? part.payload : {}))),
    headers: Object.assign({}, OWN_PAGE, headers, ...parts.map((part) => ('headers' in part ? part.headers : {})))
  }
}

for (const list of lists) {
  t.test(`with ${list.join(', ')}`, async (t) => {
    const app = await start(t, list.length === 1 ? list[0] : list)
    const inCookies = list.filter((transport) => transport !== 'bearer')

    t.test('a sign-in is answered by the first, or as the request asks', async (t) => {
      for (const asked of [undefined, ...kinds, 'Cookie', '', 'cookie, bearer']) {
        const account = { email: freshEmail(), password: PASSWORD }
        for (const url of ['/auth/signup', '/auth/login']) {
          const name = `${url}, asked for ${asked}`
          const answer = await post(app, url, account, { ...OWN_PAGE, ...asking(asked) })
          if (asked === undefined || list.includes(asked as Transport)) {
            t.equal(answer.status, url === '/auth/signup' ? 201 : 200, name)
            travelsAs(t, answer, (asked ?? list[0]) as Transport, name)
          } else {
            t.equal(answer.status, 400, name)
            t.match(answer.body, { code: 'FST_ERR_VALIDATION', message: /auth-transport/ }, name)
            t.equal(answer.headers['set-cookie'], undefined, name)
          }
        }
        if (asked !== undefined && !list.includes(asked as Transport)) {
          t.equal(
            (await post(app, '/auth/login', account, OWN_PAGE)).status,
            401,
            'and the refused sign-up left nobody'
          )
        }
      }
    })

    t.test('a refresh is answered the way the token came; what is not listed is not there', async (t) => {
      for (const way of presentations) {
        for (const asked of [undefined, ...kinds]) {
          const { refresh } = await tokensOf(app, list[0] as Transport)
          const answer = await call(app, { ...carrying({ [way]: refresh }, asking(asked)), url: '/auth/refresh' })
          const name = `by ${way}, asked for ${asked}`
          if (way === 'cookie' ? inCookies.length === 0 : !list.includes('bearer')) {
            t.equal(answer.status, 401, name)
            t.equal(answer.body.code, 'AUTH_REFRESH_TOKEN_INVALID', name)
          } else if (asked !== undefined && !list.includes(asked)) {
            t.equal(answer.status, 400, name)
          } else {
            t.equal(answer.status, 200, name)
            const [firstInCookies = 'bearer'] = inCookies
            const askedInCookies = asked === 'bearer' ? undefined : asked
            travelsAs(t, answer, way === 'cookie' ? (askedInCookies ?? firstInCookies) : 'bearer', name)
          }
        }
      }
    })

    t.test('an access token is read where a listed transport has it, and nowhere else', async (t) => {
      const { access } = await tokensOf(app, list[0] as Transport)
      const other = await tokensOf(app, list[0] as Transport)
      const readsHeader = list.some((transport) => transport !== 'cookie')
      const readsCookie = list.includes('cookie')
      const status = async (headers: Record<string, string>) => (await call(app, { url: '/protected', headers })).status
      t.equal(await status(bearer(access)), readsHeader ? 200 : 401, 'Authorization')
      t.equal(await status({ cookie: `${ACCESS}=${access}` }), readsCookie ? 200 : 401, 'cookie')
      t.equal(await status({ cookie: `${REFRESH}=${access}` }), 401, 'the other cookie')
      t.equal(await status({ cookie: `access=${access}` }), 401, 'a name without its prefix')

      for (const authorization of [`Bearer ${other.access}`, 'Bearer nonsense', 'Bearer', 'Basic YTpi', '']) {
        const answer = await call(app, { url: '/protected', headers: { authorization, cookie: `${ACCESS}=${access}` } })
        const name = `Authorization: ${authorization.slice(0, 12)} beside a good cookie`
        if (!readsHeader) t.equal(answer.body.sessionId, sessionOf(access), `${name}: the header is not there`)
        else if (!authorization.includes(other.access)) t.equal(answer.status, 401, `${name}: the cookie is ignored`)
        else t.equal(answer.body.sessionId, sessionOf(other.access), `${name}: the cookie is ignored`)
      }
    })

    t.test('a new password is answered the way the session was presented', async (t) => {
      for (const transport of list) {
        const { browser, answer } = await signUpInBrowser(app, asking(transport))
        const { accessToken } = answer.body
        const authorization = accessToken === undefined ? {} : bearer(String(accessToken))
        const passwords = { currentPassword: PASSWORD, newPassword: 'another good passphrase' }
        const changed = await browser.post('/auth/change-password', passwords, {
          ...authorization,
          ...asking(transport)
        })
        t.equal(changed.status, 200, transport)
        travelsAs(t, changed, transport, transport)
      }
    })

    for (const url of ['/auth/refresh', '/auth/logout']) {
      t.test(`two different tokens are a conflict at ${url}, equal ones are not`, async (t) => {
        const reads = presentations.filter((way) => (way === 'cookie' ? inCookies.length > 0 : list.includes('bearer')))
        for (const [place, one] of presentations.entries()) {
          for (const other of presentations.slice(place + 1)) {
            const name = `${one} and ${other}`
            const [first, second] = [
              await tokensOf(app, list[0] as Transport),
              await tokensOf(app, list[0] as Transport)
            ]
            const both = await call(app, { ...carrying({ [one]: first.refresh, [other]: second.refresh }), url })
            if (reads.includes(one) && reads.includes(other)) {
              t.equal(both.status, 400, name)
              t.equal(both.body.code, 'AUTH_TOKENS_CONFLICT', name)
              for (const { refresh } of [first, second]) {
                const alone = carrying({ [reads[0] as Presentation]: refresh })
                t.equal((await call(app, { ...alone, url: '/auth/refresh' })).status, 200, `${name}: nothing happened`)
              }
            } else {
              t.not(both.status, 400, `${name}: one of them is not there`)
            }
            const same = await tokensOf(app, list[0] as Transport)
            const equal = await call(app, { ...carrying({ [one]: same.refresh, [other]: same.refresh }), url })
            t.not(equal.status, 400, `${name}: equal`)
            if (reads.includes(one) && reads.includes(other)) t.ok(equal.status < 300, `${name}: equal and read`)
          }
        }
      })
    }
  })
}

const sessionOf = (accessToken: string): unknown =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sid

t.test('without the option tokens travel as bearer, and no cookie is read or set', async (t) => {
  const app = await start(t, undefined)
  const answer = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })
  travelsAs(t, answer, 'bearer', 'sign-up')
  const headers = { cookie: `${REFRESH}=${answer.body.refreshToken}; ${ACCESS}=${answer.body.accessToken}` }
  t.equal((await call(app, { url: '/protected', headers })).status, 401)
  const signedOut = await post(app, '/auth/logout', {}, { ...headers, ...OWN_PAGE })
  t.equal(signedOut.headers['set-cookie'], undefined)
  t.equal(
    (await post(app, '/auth/refresh', { refreshToken: answer.body.refreshToken })).status,
    200,
    'it ended nothing'
  )
})

t.test('a stale refresh cookie of another transport does not take the answer from a bearer client', async (t) => {
  const app = await start(t, ['bearer', 'cookie'])
  const stale = await tokensOf(app, 'cookie')
  const { access } = await tokensOf(app, 'bearer')
  const passwords = { currentPassword: PASSWORD, newPassword: 'another good passphrase' }
  const headers = { ...bearer(access), cookie: `${REFRESH}=${stale.refresh}` }
  travelsAs(t, await post(app, '/auth/change-password', passwords, headers), 'bearer', 'change-password')
})
