/** The example, started as a person would: `node examples/server.ts` on the built package. */
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { call, firstLetter, get, inTemporaryFolder, post, run, script, start } from './support/example-process.ts'
import { mailServer } from './support/mail-server.ts'
import { repository, requireFreshBuild } from './support/run.ts'
import { openLine } from './support/web-socket.ts'

requireFreshBuild()

const ACCOUNT = { email: 'ada@example.com', username: 'ada', password: 'correct horse battery staple' }
const SECRET = 'a secret of at least 32 bytes, for this test'

t.test('the page and its parts', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)

  t.test('arrive under a policy that they keep', async (t) => {
    const found = new Set([`${url}/`, `${url}/mailbox`])
    for (const address of found) {
      const response = await fetch(address)
      const text = await response.text()
      t.equal(response.status, 200, address)
      t.match(response.headers.get('content-security-policy'), /^default-src 'self';/)
      t.notMatch(text, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/, 'nothing is inline')
      for (const [, part = ''] of text.matchAll(/(?:(?:src|href)="|from ')([^"']+\.\w+)["']/g)) {
        found.add(new URL(part, address).href)
      }
    }
    const shipped = readdirSync(join(repository, 'examples/public')).filter((file) => !file.endsWith('.html'))
    const parts = shipped.map((file) => `${url}/${file}`)
    t.same(
      parts.filter((part) => !found.has(part)),
      [],
      'none is left over'
    )
    t.ok(found.has(`${url}/client/index.js`))
  })

  t.test('and the reference with its own', async (t) => {
    const response = await fetch(`${url}/docs`)
    const html = await response.text()
    t.equal(response.status, 200)
    const script = /src="([^"]+bundle\.js)"/.exec(html)?.[1] ?? ''
    t.equal((await fetch(new URL(script, url))).status, 200)
  })
})

t.test('a walk from sign-up to sign-out', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)

  const signup = await post(`${url}/auth/signup`, { ...ACCOUNT, displayName: 'Ada Lovelace' })
  t.equal(signup.status, 201)
  t.match(signup.body.user, { email: ACCOUNT.email, username: 'ada', displayName: 'Ada Lovelace', plan: 'free' })
  const { accessToken, refreshToken } = signup.body

  t.match((await get(`${url}/hello`)).body, { message: 'Hello, stranger' })
  t.match((await get(`${url}/hello`, accessToken)).body, { message: 'Hello, ada' })

  t.match(await get(`${url}/notes`), { status: 401, body: { code: 'AUTH_ACCESS_TOKEN_MISSING' } })
  t.match(await post(`${url}/notes`, { text: 'Water the ferns' }, accessToken), { status: 201 })
  t.match(await get(`${url}/notes`, accessToken), { status: 200, body: { notes: [{ text: 'Water the ferns' }] } })

  const other = await post(`${url}/auth/signup`, { email: 'charles@example.com', password: ACCOUNT.password })
  t.same((await get(`${url}/notes`, other.body.accessToken)).body, { notes: [] }, "nobody sees another user's notes")

  const patchMe = (body: object) => call(`${url}/auth/me`, { method: 'PATCH', body, headers: script(accessToken) })
  const plan = await patchMe({ plan: 'pro' })
  t.equal(plan.status, 400, 'the plan is not for users to choose')
  const renamed = await patchMe({ displayName: null })
  t.equal(renamed.status, 200)
  t.notOk('displayName' in renamed.body)

  const refreshed = await post(`${url}/auth/refresh`, { refreshToken })
  t.equal(refreshed.status, 200)
  t.not(refreshed.body.refreshToken, refreshToken)
  t.equal((await get(`${url}/notes`, accessToken)).status, 200, 'the old access token is good until it expires')
  t.equal((await get(`${url}/notes`, refreshed.body.accessToken)).status, 200)

  t.equal((await post(`${url}/auth/logout`, { refreshToken: refreshed.body.refreshToken })).status, 204)
  const ended = { status: 401, body: { code: 'AUTH_SESSION_ENDED', reason: 'logout' } }
  t.match(await get(`${url}/notes`, accessToken), ended)
  t.match(await get(`${url}/notes`, refreshed.body.accessToken), ended)
  t.match(await post(`${url}/auth/refresh`, { refreshToken: refreshed.body.refreshToken }), ended)
  t.equal((await get(`${url}/notes`, other.body.accessToken)).status, 200, "another user's session goes on")
})

t.test('the same by cookies', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)
  const browser = { origin: url, cookie: '' }
  const send = (method: string, path: string, body?: object) => call(url + path, { method, body, headers: browser })

  const signup = await send('POST', '/auth/signup', ACCOUNT)
  t.equal(signup.status, 201)
  t.same(Object.keys(signup.body).sort(), ['expiresIn', 'user'], 'no token is in the body')
  for (const cookie of signup.setCookie)
    t.match(cookie, /^(access|refresh)=\S+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/)
  browser.cookie = signup.setCookie.map((cookie) => cookie.split(';')[0]).join('; ')

  t.match(await send('POST', '/notes', { text: 'Water the ferns' }), { status: 201 })
  const stranger = await call(`${url}/notes`, {
    method: 'POST',
    body: { text: 'Buy' },
    headers: { ...browser, origin: 'http://shop.example' }
  })
  t.match(stranger, { status: 403, body: { code: 'AUTH_ORIGIN_REJECTED' } })
  t.match(await send('GET', '/notes'), { status: 200, body: { notes: [{ text: 'Water the ferns' }] } })
  t.match(await send('GET', '/auth/sessions'), { body: { sessions: [{ current: true }] } })

  const line = await openLine(`${url}/live`, browser)
  t.match(JSON.parse(line.messages[0] ?? '{}'), { now: /Z$/ })
  const foreign = await openLine(`${url}/live`, { ...browser, origin: 'http://shop.example' })
  t.equal(foreign.opened, false, 'cookies open a WebSocket for the own page alone')
  const live = await fetch(`${url}/live`, { headers: browser })
  t.equal(live.headers.get('content-type'), 'text/event-stream')
  const ended = live.text()
  t.equal((await send('POST', '/auth/logout')).status, 204)
  t.same(await line.closed, { code: 1008, reason: 'AUTH_SESSION_ENDED' })
  t.match(await ended, /^event: time\n.+event: end\ndata: \{"code":"AUTH_SESSION_ENDED","reason":"logout"\}\n\n$/s)
})

t.test('letters', async (t) => {
  t.test('are in the mailbox, and their links work', async (t) => {
    const { url } = await start(t, inTemporaryFolder(t).env)
    const { body } = await post(`${url}/auth/signup`, ACCOUNT)
    const letter = await firstLetter(url)
    t.match(letter, { to: ACCOUNT.email, subject: 'Confirm your e-mail address for Gatehouse' })

    const link = new URL(/^http\S+$/m.exec(letter.text)?.[0] ?? '')
    const page = await fetch(link)
    t.equal(page.status, 200)
    const token = new URLSearchParams(link.hash.slice(1)).get('token')
    t.match(await post(`${url}/auth/verify-email`, { token }), { status: 200, body: { user: { emailVerified: true } } })
    t.match(await get(`${url}/auth/me`, body.accessToken), { body: { emailVerified: true } })
  })

  t.test('go to the mail server of SMTP_URL instead', async (t) => {
    const mail = await mailServer(t)
    const { url } = await start(t, { ...inTemporaryFolder(t).env, SMTP_URL: mail.url })
    await post(`${url}/auth/signup`, ACCOUNT)
    t.match(await mail.next(ACCOUNT.email), { subject: 'Confirm your e-mail address for Gatehouse' })
    t.same((await get(`${url}/mailbox/letters`)).body, { kept: false, letters: [] })
  })

  t.test('are shown to nobody in production, where cookies are for HTTPS alone', async (t) => {
    const { env } = inTemporaryFolder(t)
    const { url } = await start(t, { ...env, NODE_ENV: 'production', AUTH_SECRET: SECRET })
    const { setCookie } = await call(`${url}/auth/signup`, { method: 'POST', body: ACCOUNT, headers: { origin: url } })
    t.same(
      setCookie.map((cookie) => /^__Host-\w+(?==.*; Secure)/.exec(cookie)?.[0]),
      ['__Host-access', '__Host-refresh']
    )
    t.same((await get(`${url}/mailbox/letters`)).body, { kept: false, letters: [] })
  })
})

t.test('the OpenAPI document is complete', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)
  const { body: document } = await get(`${url}/docs/json`)
  t.match(document.components.securitySchemes.bearerAuth, { type: 'http', scheme: 'bearer' })
  t.match(document.components.securitySchemes.cookieAuth, { type: 'apiKey', in: 'cookie', name: 'access' })
  t.same(document.security, [{ cookieAuth: [] }, { bearerAuth: [] }])

  const operations = operationsOf(document)
  for (const { route, operationId, summary, description, responses, requestBody } of operations) {
    t.ok(operationId && summary && description, `${route} says what it is`)
    for (const [status, { content }] of Object.entries(responses)) {
      const { type, properties = {} } = Object.values(content ?? {})[0]?.schema ?? {}
      const isDescribed = type === 'string' || Object.keys(properties).length > 0
      t.equal(isDescribed, status !== '204', `${route} describes ${status}`)
    }
    if (/^(POST|PATCH)/.test(route) && operationId !== 'logoutAll') {
      t.ok(Object.keys(requestBody?.content['application/json']?.schema?.properties ?? {}).length > 0, `${route} body`)
    }
  }
  const ids = operations.map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, ids.length, 'every operationId is there once')

  const statuses = Object.fromEntries(operations.map(({ route, responses }) => [route, Object.keys(responses)]))
  for (const [route, expected] of Object.entries({
    'POST /auth/signup': ['201', '400', '409', '422', '503'],
    'POST /auth/login': ['200', '400', '401', '403', '503'],
    'POST /auth/refresh': ['200', '400', '401', '503'],
    'POST /auth/logout': ['204', '400', '503'],
    'POST /auth/logout-all': ['204', '401', '503'],
    'GET /auth/verify': ['200', '401'],
    'GET /auth/me': ['200', '401', '503'],
    'PATCH /auth/me': ['200', '400', '401', '409', '503'],
    'GET /auth/users/{username}': ['200', '404', '503'],
    'DELETE /auth/me': ['204', '401', '403', '503'],
    'GET /auth/sessions': ['200', '401', '503'],
    'DELETE /auth/sessions/{id}': ['204', '401', '403', '404', '503'],
    'POST /auth/change-password': ['200', '400', '401', '403', '422', '503'],
    'POST /auth/forgot-password': ['202', '400', '503'],
    'POST /auth/reset-password': ['204', '400', '422', '503'],
    'GET /live': ['200', '401'],
    'GET /mailbox/letters': ['200'],
    'GET /hello': ['200', '401'],
    'GET /notes': ['200', '401'],
    'POST /notes': ['201', '400', '401']
  })) {
    const missing = expected.filter((status) => !statuses[route]?.includes(status))
    t.same(missing, [], `${route} answers ${expected.join(', ')}`)
  }
})

t.test('the secret', async (t) => {
  const folder = inTemporaryFolder(t)

  t.test('is made and kept for its owner alone', async (t) => {
    const first = await start(t, folder.env)
    const { body } = await post(`${first.url}/auth/signup`, ACCOUNT)
    if (process.platform !== 'win32') t.equal(statSync(folder.secretFile).mode & 0o777, 0o600)
    t.equal(await first.stop(), 0)

    const second = await start(t, folder.env)
    t.equal((await get(`${second.url}/auth/verify`, body.accessToken)).status, 200, 'sessions outlive a restart')
    t.equal((await post(`${second.url}/auth/refresh`, { refreshToken: body.refreshToken })).status, 200)
    await second.stop()

    rmSync(folder.secretFile)
    const third = await start(t, folder.env)
    t.match((await get(`${third.url}/auth/verify`, body.accessToken)).body, { code: 'AUTH_ACCESS_TOKEN_INVALID' })
  })

  t.test('is not made where AUTH_SECRET is set', async (t) => {
    const { env, secretFile } = inTemporaryFolder(t)
    await start(t, { ...env, NODE_ENV: 'production', AUTH_SECRET: SECRET })
    t.notOk(existsSync(secretFile))
  })

  t.test('is not made in production', async (t) => {
    const { env, secretFile } = inTemporaryFolder(t)
    const { code, stderr } = await run({ ...env, NODE_ENV: 'production' })
    t.equal(code, 1)
    t.match(stderr, /^AUTH_SECRET is required[^\n]+\n$/)
    t.notOk(existsSync(secretFile))
  })
})

t.test('a start that cannot be is refused in one sentence', async (t) => {
  const { env } = inTemporaryFolder(t)
  const squatter = createServer().listen(0, 'localhost')
  t.teardown(() => squatter.close())
  await once(squatter, 'listening')
  const { port } = squatter.address() as AddressInfo

  t.match(await run({ ...env, PORT: String(port) }), {
    code: 1,
    stderr: new RegExp(`^Port ${port} is in use[^\n]+\n$`)
  })
  t.match(await run({ ...env, PORT: 'http' }), { code: 1, stderr: /^PORT must be a number[^\n]+\n$/ })
  t.match(await run({ ...env, AUTH_SECRET: 'short' }), { code: 1, stderr: /^`secret` must be[^\n]+\n$/ })
})

t.test('an interrupt ends it in good order, and every open line', { skip: process.platform === 'win32' }, async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { url, stop } = await start(t, inTemporaryFolder(t).env)
    const { body } = await post(`${url}/auth/signup`, ACCOUNT)
    const headers = { authorization: `Bearer ${body.accessToken}` }
    const live = await fetch(`${url}/live`, { headers })
    const line = await openLine(`${url}/live`, headers)
    t.equal(await stop(signal), 0, signal)
    t.same(await line.closed, { code: 1005, reason: '' })
    t.notMatch(await live.text(), 'event: end', 'the session goes on')
  }
})

interface Operation {
  readonly route: string
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly responses: Readonly<Record<string, Content>>
  readonly requestBody?: Required<Content>
}

interface Content {
  readonly content?: Readonly<
    Record<string, { readonly schema?: { readonly type?: string; readonly properties?: object } }>
  >
}

function operationsOf({ paths }: { paths: Record<string, Record<string, Omit<Operation, 'route'>>> }): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, ...operation }))
  )
}
