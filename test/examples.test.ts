/** The example, started as a person would: `node examples/server.ts` on the built package. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository, requireFreshBuild } from './support/run.ts'

requireFreshBuild()

const ACCOUNT = { email: 'ada@example.com', username: 'ada', password: 'correct horse battery staple' }
const SECRET = 'a secret of at least 32 bytes, for this test'

t.test('the page and its parts', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)

  t.test('arrive under a policy that they keep', async (t) => {
    const response = await fetch(url)
    const html = await response.text()
    t.equal(response.status, 200)
    t.match(response.headers.get('content-security-policy'), /^default-src 'self';/)
    t.notMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/, 'nothing is inline')

    const found = new Set<string>()
    const pages = [html]
    for (const text of pages) {
      for (const [, file = ''] of text.matchAll(/(?:(?:src|href)="|from '\.\/)([\w-]+\.\w+)/g)) {
        if (found.has(file)) continue
        found.add(file)
        const part = await fetch(`${url}/${file}`)
        t.equal(part.status, 200, file)
        pages.push(await part.text())
      }
    }
    t.same([...found].sort(), readdirSync(join(repository, 'examples/public')).filter(isLinked).sort())
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

  const plan = await call(`${url}/auth/me`, { method: 'PATCH', body: { plan: 'pro' }, accessToken })
  t.equal(plan.status, 400, 'the plan is not for users to choose')
  const renamed = await call(`${url}/auth/me`, { method: 'PATCH', body: { displayName: null }, accessToken })
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

t.test('the OpenAPI document is complete', async (t) => {
  const { url } = await start(t, inTemporaryFolder(t).env)
  const { body: document } = await get(`${url}/docs/json`)
  t.match(document.components.securitySchemes.bearerAuth, { type: 'http', scheme: 'bearer' })
  t.same(document.security, [{ bearerAuth: [] }])

  const operations = operationsOf(document)
  for (const { route, operationId, summary, description, responses, requestBody } of operations) {
    t.ok(operationId && summary && description, `${route} says what it is`)
    for (const [status, { content }] of Object.entries(responses)) {
      const schema = content?.['application/json']?.schema
      t.equal(Object.keys(schema?.properties ?? {}).length > 0, status !== '204', `${route} describes ${status}`)
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

t.test('an interrupt ends it in good order', { skip: process.platform === 'win32' }, async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { stop } = await start(t, inTemporaryFolder(t).env)
    t.equal(await stop(signal), 0, signal)
  }
})

type Environment = Readonly<Record<string, string>>

interface Outcome {
  readonly code: number | null
  readonly stderr: string
}

interface Example {
  readonly url: string
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

interface Operation {
  readonly route: string
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly responses: Readonly<Record<string, Content>>
  readonly requestBody?: Required<Content>
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: { readonly properties?: object } }>>
}

function inTemporaryFolder(t: Test): { env: Environment; secretFile: string } {
  const folder = t.testdir({})
  return {
    env: { DATABASE_URL: `sqlite:${join(folder, 'gatehouse.sqlite')}` },
    secretFile: join(folder, 'gatehouse.secret')
  }
}

function launch(env: Environment) {
  // Nothing of ours but what a process needs to start at all.
  const { PATH = '', SystemRoot = '' } = process.env
  const child = spawn(process.execPath, ['examples/server.ts'], {
    cwd: repository,
    env: { PATH, SystemRoot, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code, stderr }))
  return { child, outcome }
}

/** One that is expected to end by itself. */
const run = (env: Environment): Promise<Outcome> => launch(env).outcome

async function start(t: Test, env: Environment): Promise<Example> {
  const { child, outcome } = launch(env)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return (await outcome).code
  }
  t.teardown(() => stop())
  const [line] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    outcome.then(({ stderr }) => Promise.reject(new Error(`the example did not start: ${stderr}`)))
  ])
  return { url: /http:\S+/.exec(line)?.[0] ?? '', stop }
}

interface Call {
  readonly method?: string
  readonly body?: object
  readonly accessToken?: string | undefined
}

async function call(url: string, { method = 'GET', body, accessToken }: Call) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` })
    },
    ...(body && { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

const get = (url: string, accessToken?: string) => call(url, { accessToken })
const post = (url: string, body: object, accessToken?: string) => call(url, { method: 'POST', body, accessToken })

function operationsOf({ paths }: { paths: Record<string, Record<string, Omit<Operation, 'route'>>> }): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, ...operation }))
  )
}

const isLinked = (file: string): boolean => file !== 'index.html'
