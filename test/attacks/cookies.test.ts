/** CK1, CK2, CK4, CK7, CK11: what is in a cookie's line, what a Cookie header may not do, and hosts with cookies of their own. */
import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import fastifyCookie, { type FastifyCookieOptions } from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'
import { readOptions } from '../../src/options.ts'
import { call, freshEmail, PASSWORD, post, SECRET, startApp } from '../support/app.ts'
import { cookieNames, cookieValue, OWN_PAGE, type SetCookie, setCookies, signUpInBrowser } from '../support/browser.ts'
import { CHEAP } from '../support/mail-app.ts'

const start = (t: Test, options: Partial<AuthOptions> = {}) =>
  startApp(t, { transport: 'cookie', password: CHEAP, ...options })

interface Form {
  readonly cookie: NonNullable<AuthOptions['cookie']>
  readonly prefix: string
  readonly attributes: readonly string[]
  readonly origins?: readonly string[]
}

const forms: Readonly<Record<string, Form>> = {
  'by default': { cookie: {}, prefix: '__Host-', attributes: ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'] },
  'with a domain': {
    cookie: { domain: 'example.com' },
    prefix: '__Secure-',
    attributes: ['Domain=example.com', 'HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']
  },
  'with sameSite strict': {
    cookie: { sameSite: 'strict' },
    prefix: '__Host-',
    attributes: ['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']
  },
  'with sameSite none': {
    cookie: { sameSite: 'none' },
    origins: ['https://app.example.com'],
    prefix: '__Host-',
    attributes: ['HttpOnly', 'Path=/', 'SameSite=None', 'Secure']
  },
  'without secure': { cookie: { secure: false }, prefix: '', attributes: ['HttpOnly', 'Path=/', 'SameSite=Lax'] },
  'without secure, with a domain': {
    cookie: { secure: false, domain: 'dev.local' },
    prefix: '',
    attributes: ['Domain=dev.local', 'HttpOnly', 'Path=/', 'SameSite=Lax']
  }
}

const lasting = ({ attributes }: SetCookie) => attributes.filter((each) => !each.startsWith('Max-Age=')).sort()

for (const [name, { cookie, prefix, attributes, origins = [] }] of Object.entries(forms)) {
  t.test(`CK1, CK2, CK11 ${name}: names and attributes, when set and when cleared`, async (t) => {
    const app = await start(t, { cookie, origins: [...origins] })
    const expected = [`${prefix}access`, `${prefix}refresh`]
    for (const [method, url] of [
      ['POST', '/auth/logout'],
      ['POST', '/auth/logout-all'],
      ['DELETE', '/auth/me']
    ] as const) {
      const { browser, answer } = await signUpInBrowser(app)
      t.same(cookieNames(answer), expected)
      for (const each of setCookies(answer)) t.same(lasting(each), attributes, each.name)

      const payload = url === '/auth/me' ? { password: PASSWORD } : {}
      const cleared = await browser.send({ method, url, payload })
      t.equal(cleared.status, 204)
      t.same(cookieNames(cleared), expected)
      for (const each of setCookies(cleared)) {
        t.equal(each.value, '')
        t.ok(each.attributes.includes('Max-Age=0'), `${url} ends ${each.name}`)
        t.same(lasting(each), attributes, `${url}: ${each.name} as it was set`)
      }
    }
  })
}

t.test('ending the own session from the list clears its cookies, ending others does not', async (t) => {
  const app = await start(t)
  const { browser, email } = await signUpInBrowser(app)
  const other = await post(app, '/auth/login', { email, password: PASSWORD }, OWN_PAGE)
  t.equal(other.status, 200)
  const { sessions } = (await browser.get('/auth/sessions')).body as { sessions: { id: string; current: boolean }[] }
  for (const current of [false, true]) {
    const id = sessions.find((session) => session.current === current)?.id
    const ended = await browser.send({ method: 'DELETE', url: `/auth/sessions/${id}` })
    t.equal(ended.status, 204)
    t.equal(cookieNames(ended).length, current ? 2 : 0)
  }
})

t.test('what would weaken cookies is refused at boot', async (t) => {
  const read = (cookie: object, production: boolean) =>
    readOptions({ secret: SECRET, storage: 'sqlite::memory:', cookie }, { production })
  t.throws(() => read({ secure: false }, true), { code: 'AUTH_OPTIONS_INVALID', message: /cookie\.secure/ })
  t.doesNotThrow(() => read({ secure: false }, false))
  t.throws(() => read({ sameSite: 'none' }, false), { message: /cookie\.sameSite.*origins/ })
})

t.test(
  'CK1 name and value are 4,096 bytes at most: one more is a failure in the log, not a cookie that nobody keeps',
  async (t) => {
    let length = 0
    const log = new PassThrough()
    const lines: string[] = []
    log.on('data', (line) => lines.push(String(line)))
    const claims = () => ({ note: 'x'.repeat(length) })
    const options = { transport: ['cookie', 'bearer'], password: CHEAP, accessToken: { claims } } as const
    const app = await startApp(
      t,
      { ...options, transport: [...options.transport] },
      { logger: { level: 'error', stream: log } }
    )
    const account = { email: freshEmail(), password: PASSWORD }
    await post(app, '/auth/signup', account, { 'auth-transport': 'bearer' })

    const sizes = new Set<number>()
    for (length = 2750; length < 2800; length += 1) {
      const bearer = await post(app, '/auth/login', account, { 'auth-transport': 'bearer' })
      const size = '__Host-access'.length + String(bearer.body.accessToken).length
      sizes.add(size)
      lines.length = 0
      const answer = await post(app, '/auth/login', account, OWN_PAGE)
      if (size <= 4096) {
        t.equal(answer.status, 200, `${size} bytes`)
        t.equal(`__Host-access${cookieValue(answer, '__Host-access')}`.length, size)
        continue
      }
      t.equal(answer.status, 500, `${size} bytes`)
      t.equal(answer.body.code, 'AUTH_UNEXPECTED')
      t.equal(answer.headers['set-cookie'], undefined, 'half a session is none')
      t.match(lines.join(), /__Host-access is larger than browsers keep/)
    }
    t.ok(sizes.has(4096) && sizes.has(4097), `the limit was met from both sides: ${[...sizes].join(', ')}`)
  }
)

t.test('CK7 a Cookie header of any shape is an answer, and never somebody else', async (t) => {
  const app = await start(t)
  const { browser } = await signUpInBrowser(app)
  const { browser: stranger } = await signUpInBrowser(app)
  const [access, refresh] = [browser.cookies.get('__Host-access'), browser.cookies.get('__Host-refresh')]
  const own = (await browser.get('/protected')).body.id
  const other = stranger.cookies.get('__Host-access')

  const known = [
    `__Host-access=${access}`,
    `a=1; __Host-access=${access};b=2`,
    `;;;=; =x; ;__Host-access=${access}`,
    `__Host-access=${access}; __Host-access=${other}`,
    `__Host-access=${access}; __Host-access="`,
    `%; bad=%E0%A4%A; __Host-access=${access}`,
    `${'x=y; '.repeat(2000)}__Host-access=${access}`
  ]
  for (const cookie of known) {
    const answer = await call(app, { url: '/protected', headers: { cookie } })
    t.equal(answer.status, 200, cookie.slice(0, 40))
    t.equal(answer.body.id, own, cookie.slice(0, 40))
  }

  const unknown = (kind: string, token: unknown, other: unknown) => [
    '',
    ';',
    '=',
    `__Host-${kind}`,
    '__Host-access=; __Host-refresh=',
    `__Host-${kind}="${token}"`,
    `__Host-${kind}=${token}x`,
    `__Host-${kind}=%00${token}`,
    `__Host-${kind}=${'%'.repeat(5000)}`,
    `__Host-${kind}=${'x'.repeat(9000)}`,
    `__Host-${kind}=${other}`,
    `__host-${kind}=${token}`,
    `__HOST-${kind.toUpperCase()}=${token}`,
    `%5F%5FHost-${kind}=${token}`,
    `x__Host-${kind}=${token}`,
    `\u00a0__Host-${kind}=${token}`,
    `\u0085__Host-${kind}=${token}`,
    `__Secure-${kind}=${token}`,
    `${kind}=${token}`,
    `__proto__=${token}; constructor=${token}; toString=1`,
    `__Host-${kind}[0]=${token}`,
    '\u00ff\u00fe__Host-access\u0000=\u0001; __Host-refresh=\u0001'
  ]
  for (const cookie of unknown('access', access, refresh)) {
    const name = JSON.stringify(cookie.slice(0, 40))
    t.equal((await call(app, { url: '/protected', headers: { cookie } })).status, 401, name)
  }
  for (const cookie of unknown('refresh', refresh, access)) {
    const name = JSON.stringify(cookie.slice(0, 40))
    t.equal((await post(app, '/auth/refresh', {}, { ...OWN_PAGE, cookie })).status, 401, `refresh: ${name}`)
    t.equal((await post(app, '/auth/logout', {}, { ...OWN_PAGE, cookie })).status, 204, `logout: ${name}`)
  }
  t.equal((await browser.post('/auth/refresh')).status, 200, 'and all of it signed nobody out')
})

const second = (): typeof fastifyCookie => {
  const load = createRequire(import.meta.url)
  delete load.cache[load.resolve('@fastify/cookie')]
  return load('@fastify/cookie')
}

const settings: Readonly<Record<string, FastifyCookieOptions>> = {
  '@fastify/cookie': {},
  'with a secret': { secret: 'a secret for signing cookies, of the host' },
  'with parseOptions': {
    parseOptions: { domain: 'host.example', path: '/app', signed: true, sameSite: 'none' },
    secret: 's'
  },
  'with a decoder': { parseOptions: { decode: () => 'decoded' } as FastifyCookieOptions['parseOptions'] & object }
}

type Arrange = (app: FastifyInstance, register: () => Promise<unknown>) => Promise<unknown>

const hosts: Readonly<Record<string, Arrange>> = {
  ...Object.fromEntries(
    Object.entries(settings).flatMap(([name, options]): [string, Arrange][] => [
      [`${name}, before`, async (app, register) => app.register(fastifyCookie, options).after(register)],
      [
        `${name}, after`,
        async (app, register) => {
          await register()
          await app.register(fastifyCookie, options)
        }
      ]
    ])
  ),
  'a copy of @fastify/cookie of its own': async (app, register) => app.register(second()).after(register),
  'cookies of its own making': async (app, register) => {
    app.decorateRequest('cookies', null as never)
    await register()
  }
}

for (const [name, arrange] of Object.entries(hosts)) {
  t.test(`a host that has ${name}: our cookies are ours alone`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await arrange(app, async () =>
      app.register(authPlugin, { secret: SECRET, storage: 'sqlite::memory:', transport: 'cookie', password: CHEAP })
    )
    app.get('/protected', { preHandler: (...hook) => app.authenticate(...hook) }, async ({ user }) => user)
    const { browser, email, answer } = await signUpInBrowser(app)
    t.same(cookieNames(answer), ['__Host-access', '__Host-refresh'])
    for (const each of setCookies(answer)) t.same(lasting(each), forms['by default']?.attributes)
    t.equal((await browser.get('/protected')).body.email, email)
    t.equal((await browser.post('/auth/refresh')).status, 200)
    t.equal((await browser.get('/protected')).body.email, email)
    t.equal((await browser.post('/auth/logout')).status, 204)
    t.equal(browser.cookies.size, 0)
  })
}

t.test('cookies of the host, set beside ours, all arrive', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyCookie)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('set-cookie', 'raw=1')
    reply.setCookie('seen', request.cookies.seen ?? 'first')
  })
  await app.register(authPlugin, { secret: SECRET, storage: 'sqlite::memory:', transport: 'cookie', password: CHEAP })
  const { browser, answer } = await signUpInBrowser(app)
  t.same(cookieNames(answer).sort(), ['__Host-access', '__Host-refresh', 'raw', 'seen'])
  const signedOut = await browser.post('/auth/logout')
  t.same(cookieNames(signedOut).sort(), ['__Host-access', '__Host-refresh', 'raw', 'seen'])
  t.same([...browser.cookies.keys()].sort(), ['raw', 'seen'])
})
