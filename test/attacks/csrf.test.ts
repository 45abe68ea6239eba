/** CK5, CK6, CK8: a stranger's page makes its visitor's browser send requests, cookies and all. */
import type { FastifyInstance, FastifyServerOptions, InjectOptions } from 'fastify'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'
import { bearer, call, freshEmail, PASSWORD, post, SECRET } from '../support/app.ts'
import { cookieValue, signUpInBrowser } from '../support/browser.ts'
import { sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { contents } from '../support/rows.ts'

const HOST = 'app.example.com'
const LISTED = 'https://listed.example.org'

const sites = [undefined, 'none', 'same-origin', 'same-site', 'cross-site', 'Same-Origin', ''] as const

const origins: Readonly<Record<string, { readonly header: string | undefined; readonly isOwnHost: boolean }>> = {
  absent: { header: undefined, isOwnHost: false },
  same: { header: `https://${HOST}`, isOwnHost: true },
  'same, with the default port': { header: `https://${HOST}:443`, isOwnHost: true },
  'same, with another port': { header: `https://${HOST}:8443`, isOwnHost: false },
  listed: { header: LISTED, isOwnHost: false },
  'listed, but for its scheme': { header: 'http://listed.example.org', isOwnHost: false },
  other: { header: 'https://evil.example', isOwnHost: false },
  'with the own name at its start': { header: `https://${HOST}.evil.example`, isOwnHost: false },
  'with the own name in it': { header: `https://evil.example/${HOST}`, isOwnHost: false },
  null: { header: 'null', isOwnHost: false },
  garbage: { header: 'https://', isOwnHost: false },
  'only a name': { header: HOST, isOwnHost: false }
}

/** The rule as the contract has it: the first sentence that applies decides. */
function passes(
  site: string | undefined,
  { header, isOwnHost }: (typeof origins)[string] = origins.absent as never
): boolean {
  if (header === LISTED) return true
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return isOwnHost
}

async function start(t: Test, options: Partial<AuthOptions> = {}, server: FastifyServerOptions = {}) {
  const app = Fastify(server)
  t.teardown(() => app.close())
  await app.register(authPlugin, {
    secret: SECRET,
    storage: 'sqlite::memory:',
    password: CHEAP,
    transport: ['cookie', 'bearer'],
    identifiers: ['email', 'username?'],
    email: { verification: 'off' },
    origins: [LISTED],
    ...options
  } as AuthOptions & { prefix: string })
  const guard = { preHandler: app.authenticate }
  app.all('/notes', guard, async ({ user }) => ({ by: user.email }))
  app.post('/drafts', { preHandler: app.authenticate.optional }, async ({ user }) => ({ by: user?.email ?? null }))
  app.post('/fresh', { preHandler: app.authorize({ fresh: true }) }, async ({ user }) => ({ by: user.email }))
  return app
}

interface Target {
  readonly status: number
  readonly request: (account: { email: string }) => InjectOptions
  readonly safe?: boolean
}

let sequence = 0
const targets: Readonly<Record<string, Target>> = {
  login: {
    status: 200,
    request: ({ email }) => ({ method: 'POST', url: '/auth/login', payload: { email, password: PASSWORD } })
  },
  signup: {
    status: 201,
    request: () => ({ method: 'POST', url: '/auth/signup', payload: { email: freshEmail(), password: PASSWORD } })
  },
  refresh: { status: 200, request: () => ({ method: 'POST', url: '/auth/refresh' }) },
  logout: { status: 204, request: () => ({ method: 'POST', url: '/auth/logout' }) },
  'logout-all': { status: 204, request: () => ({ method: 'POST', url: '/auth/logout-all' }) },
  'PATCH me': {
    status: 200,
    request: () => ({ method: 'PATCH', url: '/auth/me', payload: { username: `ada${sequence++}` } })
  },
  'DELETE me': { status: 204, request: () => ({ method: 'DELETE', url: '/auth/me', payload: { password: PASSWORD } }) },
  'ending other sessions': { status: 204, request: () => ({ method: 'DELETE', url: '/auth/sessions' }) },
  'a new password': {
    status: 200,
    request: () => ({
      method: 'POST',
      url: '/auth/change-password',
      payload: { currentPassword: PASSWORD, newPassword: PASSWORD }
    })
  },
  "POST to the host's": { status: 200, request: () => ({ method: 'POST', url: '/notes' }) },
  "PUT to the host's": { status: 200, request: () => ({ method: 'PUT', url: '/notes' }) },
  "DELETE of the host's": { status: 200, request: () => ({ method: 'DELETE', url: '/notes' }) },
  "POST to the host's, optional guard": { status: 200, request: () => ({ method: 'POST', url: '/drafts' }) },
  "POST to the host's, fresh guard": { status: 200, request: () => ({ method: 'POST', url: '/fresh' }) },
  "a WebSocket of the host's": {
    status: 200,
    request: () => ({ method: 'GET', url: '/notes', headers: { connection: 'Upgrade', upgrade: 'websocket' } })
  },
  "GET of the host's": { status: 200, safe: true, request: () => ({ method: 'GET', url: '/notes' }) },
  "HEAD of the host's": { status: 200, safe: true, request: () => ({ method: 'HEAD', url: '/notes' }) },
  "OPTIONS of the host's": { status: 200, safe: true, request: () => ({ method: 'OPTIONS', url: '/notes' }) },
  'GET me': { status: 200, safe: true, request: () => ({ method: 'GET', url: '/auth/me' }) }
}

const saying = (site: string | undefined, origin: string | undefined): Record<string, string> => ({
  host: HOST,
  ...(site !== undefined && { 'sec-fetch-site': site }),
  ...(origin !== undefined && { origin })
})

for (const [name, { status, request, safe = false }] of Object.entries(targets)) {
  t.test(`CK5 ${name}, from every page there is`, async (t) => {
    const storage = sqliteFile(t)
    const app = await start(t, { storage })
    let member = await signUpInBrowser(app)
    let before = await contents(storage)
    let rejected = 0
    for (const site of sites) {
      for (const [kind, origin] of Object.entries(origins)) {
        const page = `Sec-Fetch-Site ${site}, Origin ${kind}`
        const target = request(member)
        const headers = { ...target.headers, ...saying(site, origin.header) }
        const answer = await member.browser.send({ ...target, headers })
        if (safe || passes(site, origin)) {
          t.equal(answer.status, status, page)
          if (member.browser.cookies.size === 0) member = await signUpInBrowser(app)
          await app.auth.mail.flush()
          before = await contents(storage)
          continue
        }
        rejected += 1
        const { 'set-cookie': cookies, 'www-authenticate': challenge } = answer.headers
        t.same(
          { status: answer.status, code: answer.body.code, cookies, challenge, stored: await contents(storage) },
          { status: 403, code: 'AUTH_ORIGIN_REJECTED', cookies: undefined, challenge: undefined, stored: before },
          `${page}: nothing changed`
        )
      }
    }
    t.equal(rejected > 0, !safe)
  })
}

t.test('what a page cannot send unasked needs no origin: tokens in a header or a body', async (t) => {
  const app = await start(t)
  const hostile = saying('cross-site', 'https://evil.example')
  const { browser, email } = await signUpInBrowser(app)
  const asBearer = { ...hostile, 'auth-transport': 'bearer' }
  const signedIn = await post(app, '/auth/login', { email, password: PASSWORD }, asBearer)
  t.equal(signedIn.status, 200, 'a sign-in that sets no cookie')
  const own = bearer(String(signedIn.body.accessToken))
  t.equal((await post(app, '/notes', {}, { ...hostile, ...own })).status, 200)
  t.equal((await browser.send({ method: 'POST', url: '/notes', headers: { ...hostile, ...own } })).status, 200)
  const { refreshToken } = signedIn.body
  const refreshed = await post(app, '/auth/refresh', { refreshToken }, hostile)
  t.equal(refreshed.status, 200)
  t.equal((await post(app, '/auth/refresh', {}, { ...hostile, 'x-refresh-token': String(refreshToken) })).status, 200)
  t.equal(
    (await call(app, { method: 'PATCH', url: '/auth/me', payload: {}, headers: { ...hostile, ...own } })).status,
    200
  )
  t.equal((await post(app, '/auth/logout', { refreshToken }, hostile)).status, 204)
})

t.test('a bearer token does not vouch for the cookie beside it', async (t) => {
  const app = await start(t)
  const victim = await signUpInBrowser(app)
  const attacker = await signUpInBrowser(app, { 'auth-transport': 'bearer' })
  const headers = {
    ...saying('cross-site', 'https://evil.example'),
    ...bearer(String(attacker.answer.body.accessToken))
  }
  for (const url of ['/auth/refresh', '/auth/logout']) {
    t.equal((await victim.browser.send({ method: 'POST', url, headers })).status, 403, url)
  }
  t.equal((await victim.browser.post('/auth/refresh')).status, 200)
})

t.test('without an Origin list, a guard over everything changes no answer of ours', async (t) => {
  for (const guarded of [false, true]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const options = {
      secret: SECRET,
      storage: 'sqlite::memory:',
      password: CHEAP,
      transport: ['bearer', 'cookie']
    } as const
    await app.register(authPlugin, { ...options, transport: [...options.transport] })
    if (guarded) app.addHook('onRequest', app.authenticate)
    app.post('/notes', async ({ user }) => user)
    const { browser, email } = await signUpInBrowser(app, { 'auth-transport': 'cookie' })
    const hostile = saying('cross-site', 'https://evil.example')
    const send = async (url: string, payload: object = {}) =>
      (await browser.send({ method: 'POST', url, payload, headers: hostile })).status
    t.equal(await send('/auth/login', { email, password: PASSWORD }), 200, 'by bearer, which sets no cookie')
    t.equal(await send('/auth/logout-all'), 403)
    t.equal(await send('/notes'), guarded ? 403 : 200)
  }
})

t.test('the own host is what Fastify says it is', async (t) => {
  const status = async (app: FastifyInstance, headers: Record<string, string>) => {
    const { browser } = await signUpInBrowser(app)
    return (await browser.send({ method: 'POST', url: '/notes', headers })).status
  }
  const direct = await start(t)
  const proxied = await start(t, {}, { trustProxy: true })
  const forwarded = { host: 'inner:3000', 'x-forwarded-host': HOST, origin: `https://${HOST}` }
  t.equal(await status(proxied, forwarded), 200)
  t.equal(await status(direct, forwarded), 403, 'a header that nobody vouches for')
  t.equal(await status(proxied, { ...forwarded, origin: 'https://inner:3000' }), 403)

  t.equal(await status(direct, { host: `${HOST}:443`, origin: `https://${HOST}` }), 200, 'a default port')
  t.equal(await status(direct, { host: `${HOST}:80`, origin: `http://${HOST}` }), 200, 'a default port')
  t.equal(await status(direct, { host: 'APP.example.COM', origin: `https://${HOST}` }), 200, 'a name in capitals')
  t.equal(await status(direct, { host: 'localhost:3000', origin: 'http://localhost:3000' }), 200)
  t.equal(
    await status(direct, { host: 'localhost:3000', origin: 'http://localhost:5173' }),
    403,
    "the page's own server"
  )
  for (const host of [':', 'a b', '[::1', `${HOST}.evil.example`]) {
    t.equal(await status(direct, { host, origin: `https://${HOST}` }), 403, `Host: ${host}`)
    t.equal(await status(direct, { host, origin: 'file://' }), 403, `Host: ${host}, from a file`)
  }
})

t.test('CK6 what a form can send is no JSON', async (t) => {
  const app = await start(t)
  const { email } = await signUpInBrowser(app)
  const json = JSON.stringify({ email, password: PASSWORD })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = { ...saying('same-origin', undefined), 'content-type': type }
    for (const payload of [json, `${json}=`, `email=${email}&password=${PASSWORD}`]) {
      t.equal((await app.inject({ method: 'POST', url: '/auth/login', headers, payload })).statusCode, 415, type)
    }
  }
})

t.test('CK8 no GET signs in or out', async (t) => {
  const app = await start(t)
  const { browser, answer } = await signUpInBrowser(app)
  for (const url of ['/auth/logout', '/auth/logout-all', '/auth/refresh', '/auth/login', '/auth/signup']) {
    t.equal((await browser.get(url)).status, 404, url)
  }
  const query = `refreshToken=${cookieValue(answer, '__Host-refresh')}`
  t.equal((await post(app, `/auth/refresh?${query}`)).status, 401, 'RT7 never from a URL')
  t.equal((await browser.post('/auth/refresh')).status, 200)
})
