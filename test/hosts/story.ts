/**
 * The life of an account as a client meets it, told request by request. Two hosts are alike when their stories are:
 * what differs from run to run (tokens, ids, instants) stands in for itself.
 */
import type { FastifyInstance, InjectOptions } from 'fastify'
import { bearer, PASSWORD } from '../support/app.ts'

export interface Line {
  /** Method and path, and what is special about the request. */
  readonly request: string
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

export interface StoryPlace {
  /** Where the host's own two routes hang. */
  readonly root?: string
  /** Where ours hang. */
  readonly prefix?: string
}

export async function tellStory(
  app: FastifyInstance,
  { root = '', prefix = `${root}/auth` }: StoryPlace = {}
): Promise<Line[]> {
  const story: Line[] = []
  const email = 'ada@example.com'

  async function ask(note: string, request: InjectOptions & { url: string; method: 'GET' | 'POST' | 'PATCH' }) {
    const { statusCode: status, headers, body } = await app.inject(request)
    const place = request.url.replace(request.url.startsWith(prefix) ? prefix : root, '')
    story.push({
      request: `${request.method} ${place}, ${note}`,
      status,
      headers: lasting(headers),
      body: withoutVariables(body === '' ? null : JSON.parse(body))
    })
    return body === '' ? {} : JSON.parse(body)
  }
  const post = (note: string, path: string, payload?: unknown, headers: Record<string, string> = {}) =>
    ask(note, {
      method: 'POST',
      url: prefix + path,
      headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(payload !== undefined && { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) })
    })
  const get = (note: string, url: string, accessToken?: string) =>
    ask(note, { method: 'GET', url, headers: accessToken === undefined ? {} : bearer(accessToken) })

  const account = { email, password: PASSWORD }
  await post('a new account', '/signup', account)
  await post('a taken address', '/signup', account)
  await post('a weak password', '/signup', { ...account, password: 'short' })
  await post('an unknown key', '/signup', { ...account, role: 'admin' })
  await post('a number for a string', '/signup', { ...account, password: 1_234_567_890 })
  await post('a list for a string', '/signup', { ...account, email: [email] })
  await post('no body', '/signup')
  await post('null', '/login', 'null')
  await post('broken JSON', '/login', '{"email":')
  await post('a key named __proto__', '/login', `{"__proto__":{},"email":"${email}","password":"${PASSWORD}"}`)
  await post('text', '/login', 'email=ada', { 'content-type': 'text/plain' })
  await post('a body beyond the limit', '/login', { ...account, password: 'x'.repeat(17_000) })
  await post('a wrong password', '/login', { ...account, password: 'not the passphrase' })
  const { accessToken, refreshToken } = await post('a right password', '/login', account)

  for (const url of [`${root}/protected`, `${prefix}/me`, `${prefix}/verify`]) {
    await get('a good token', url, accessToken)
    await get('no token', url)
    await get('a forged token', url, accessToken.replace(/[^.]*$/, 'A'.repeat(43)))
  }
  await get('no token', `${root}/open`)
  await get('a good token, which nobody asked for', `${root}/open`, accessToken)
  await ask('nothing to change', {
    method: 'PATCH',
    url: `${prefix}/me`,
    headers: bearer(accessToken),
    payload: {}
  })

  const next = await post('a good token', '/refresh', { refreshToken })
  await post('the same again, within the grace', '/refresh', { refreshToken })
  await post('in the header', '/refresh', undefined, { 'x-refresh-token': next.refreshToken })
  await post('an empty body', '/refresh', '')
  await post('a forged token', '/refresh', { refreshToken: `${refreshToken.slice(0, -1)}!` })
  await post('two tokens', '/refresh', { refreshToken }, { 'x-refresh-token': next.refreshToken })

  await post('a good token', '/logout', { refreshToken: next.refreshToken })
  await post('the same again', '/logout', { refreshToken: next.refreshToken })
  await post('after logout', '/refresh', { refreshToken: next.refreshToken })
  await get('after logout', `${root}/protected`, next.accessToken)
  await get('after logout', `${prefix}/me`, next.accessToken)
  const last = await post('again', '/login', account)
  await post('an access token', '/logout-all', undefined, bearer(last.accessToken))
  await post('no token', '/logout-all')
  return story
}

/** Without what belongs to the connection or the moment. */
function lasting({ date, connection, 'content-length': _, ...headers }: InjectHeaders): Record<string, unknown> {
  return headers
}

type InjectHeaders = Readonly<Record<string, unknown>>

const VARIABLES: readonly (readonly [RegExp, string])[] = [
  [/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/, 'an access token'],
  [/^rt_[\w-]+$/, 'a refresh token'],
  [/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, 'an id'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'an instant']
]

function withoutVariables(body: unknown): unknown {
  if (typeof body === 'string') return VARIABLES.find(([pattern]) => pattern.test(body))?.[1] ?? body
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, withoutVariables(value)]))
}
