/** F13, IN7: whatever stands in a body, the answer says so in time, and a refusal leaves no trace. */
import type { FastifyInstance, InjectOptions } from 'fastify'
import t from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, bearer, call, freshEmail, PASSWORD, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { contents } from '../support/rows.ts'
import { ILL_FORMED, NAUGHTY } from './naughty-strings.ts'

const OPTIONS = {
  identifiers: ['email', 'username'],
  email: { verification: 'off' },
  user: {
    fields: {
      type: 'object',
      properties: {
        motto: { type: 'string' },
        settings: { type: 'object', properties: { theme: { type: 'string' } } },
        anything: {}
      }
    }
  },
  // Passwords are set and compared by the hundred here.
  password: { argon2: { memoryCost: 8, timeCost: 1 }, hashing: { concurrency: 2, queue: 1000 } }
} as const satisfies Partial<AuthOptions>

/** Every string that a client sends, and how. A request is given to each field in turn. */
function fieldsOf({ email, accessToken }: { email: string; accessToken: string }) {
  let sequence = 0
  const signup = (field: object): InjectOptions => {
    sequence += 1
    const body = {
      email: freshEmail(),
      username: `user${sequence}-${process.hrtime.bigint()}`.slice(0, 32),
      password: PASSWORD
    }
    return { method: 'POST', url: '/auth/signup', payload: { ...body, ...field } }
  }
  const login = (field: object): InjectOptions => ({ method: 'POST', url: '/auth/login', payload: field })
  const patch = (payload: object): InjectOptions => ({
    method: 'PATCH',
    url: '/auth/me',
    payload,
    headers: bearer(accessToken)
  })
  const token = (url: string, payload: object): InjectOptions => ({ method: 'POST', url, payload })

  return {
    'sign-up email': (text: string) => signup({ email: text }),
    'sign-up username': (text: string) => signup({ username: text }),
    'sign-up password': (text: string) => signup({ password: text }),
    'sign-up motto': (text: string) => signup({ motto: text }),
    'sign-up theme': (text: string) => signup({ settings: { theme: text } }),
    'sign-up anything': (text: string) => signup({ anything: [{ deep: [text] }] }),
    'sign-up key': (text: string) => signup({ anything: { [text]: text } }),
    'login email': (text: string) => login({ email: text, password: PASSWORD }),
    'login username': (text: string) => login({ username: text, password: PASSWORD }),
    'login password': (text: string) => login({ email, password: text }),
    'PATCH username': (text: string) => patch({ username: text }),
    'PATCH motto': (text: string) => patch({ motto: text }),
    'PATCH theme': (text: string) => patch({ settings: { theme: text } }),
    'refresh token': (text: string) => token('/auth/refresh', { refreshToken: text }),
    'logout token': (text: string) => token('/auth/logout', { refreshToken: text }),
    'refresh header': (text: string) => ({
      ...token('/auth/refresh', {}),
      headers: { 'x-refresh-token': inHeader(text) }
    }),
    'user agent': (text: string) => ({ ...login({ email, password: 'x' }), headers: { 'user-agent': inHeader(text) } }),
    'unknown key': (text: string) => login({ email, password: PASSWORD, [`x${text}`]: text })
  }
}

/** What Node lets through of it (RFC 9110 5.5): bytes, and no controls but the tab. */
function inHeader(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  return [...bytes].filter((byte) => byte === '\t' || (byte >= ' ' && byte !== '\u007f')).join('')
}

/** What a refusal must name: the field, or the failure that has no field. */
const NAMED =
  /^(body|headers|a key of body|password is)|^AUTH_(CREDENTIALS_INVALID|PASSWORD_REJECTED|REFRESH_TOKEN_INVALID|USERNAME_TAKEN)$|JSON/

for (const [name, storage] of [
  ['SQLite', sqliteFile],
  ['PostgreSQL', postgresDatabase]
] as const) {
  t.test(`F13 ${NAUGHTY.length} naughty strings in every field of every route on ${name}`, async (t) => {
    const url = await storage(t)
    const app = await startApp(t, { ...OPTIONS, storage: url })
    const email = freshEmail()
    const { accessToken } = await signUp(app, { email, username: 'the-user' })

    for (const [field, request] of Object.entries(fieldsOf({ email, accessToken }))) {
      const faults: string[] = []
      const refused: string[] = []
      for (const text of NAUGHTY) {
        const answer = await call(app, request(text))
        if (answer.status >= 400) refused.push(text)
        const fault = faultOf(answer, field, text)
        if (fault !== undefined) faults.push(`${shown(text)}: ${fault}`)
      }
      t.same(faults, [], field)

      const before = await contents(url)
      for (const text of refused) await call(app, request(text))
      t.same(await contents(url), before, `${field}: ${refused.length} refusals write nothing`)
    }
  })
}

function faultOf(answer: Answer, field: string, text: string): string | undefined {
  const { status, body } = answer
  const named = NAMED.test(String(status === 400 ? body.message : body.code))
  if (status >= 500) return answer.text
  if (status >= 400 && !named) return `names nothing: ${answer.text}`
  if (status !== 400 && isIllFormed(text) && !field.match(/header|agent/)) return `was taken: ${status}`
  if (status < 400 && !keeps(answer, field, text)) return `is answered otherwise: ${answer.text}`
  return undefined
}

const isIllFormed = (text: string) => (ILL_FORMED as readonly string[]).includes(text)

/** In ASCII, fit for a report. */
function shown(text: string): string {
  return JSON.stringify(text)
    .replace(/[^ -~]/g, '?')
    .slice(0, 60)
}

/** What was taken is answered as it came. */
function keeps({ body }: Answer, field: string, text: string): boolean {
  const user = (body.user ?? body) as Record<string, unknown> & { settings?: { theme?: string } }
  if (field.endsWith('motto')) return user.motto === text
  if (field.endsWith('theme')) return user.settings?.theme === text
  if (field.endsWith('anything')) return JSON.stringify(user.anything) === JSON.stringify([{ deep: [text] }])
  return true
}

t.test('PW4, PW5 an odd password that was taken is the one that signs in, and no other is', async (t) => {
  const app = await startApp(t, OPTIONS)
  const taken: { email: string; password: string }[] = []
  for (const [number, password] of NAUGHTY.entries()) {
    const email = freshEmail()
    const answer = await call(app, {
      method: 'POST',
      url: '/auth/signup',
      payload: { email, username: `user${number}`, password }
    })
    if (answer.status === 201) taken.push({ email, password })
    else t.ok([400, 422].includes(answer.status), shown(password))
  }
  t.ok(taken.length > 50, `${taken.length} were taken`)
  const signIn = (email: string, password: string) =>
    call(app, { method: 'POST', url: '/auth/login', payload: { email, password } })
  for (const { email, password } of taken) {
    const name = shown(password)
    t.equal((await signIn(email, password)).status, 200, name)
    for (const other of [`${password} `, password.slice(0, -1), `${password}\u200b`, password.toUpperCase()]) {
      if (other !== password) t.not((await signIn(email, other)).status, 200, `${name} is not ${shown(other)}`)
    }
  }
})

t.test('IN7 bodies that nest as deep as they may are no fault', async (t) => {
  for (const storage of [sqliteFile(t), await postgresDatabase(t)]) {
    const app = await startApp(t, { ...OPTIONS, storage })
    const { accessToken } = await signUp(app, { username: 'the-user' })
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}']
    ] as const) {
      for (const depth of [100, 1000, 2500, 5000, 8000]) {
        const nested = `${open.repeat(depth)}1${close.repeat(depth)}`
        for (const text of [nested, `{"anything":${nested}}`, `{"email":${nested}}`]) {
          if (text.length > 16_384) continue
          await staysUp(
            t,
            app,
            { method: 'PATCH', url: '/auth/me', payload: text },
            accessToken,
            `${text.slice(0, 12)} ${depth} deep`
          )
          await staysUp(
            t,
            app,
            { method: 'POST', url: '/auth/refresh', payload: text },
            accessToken,
            `${text.slice(0, 12)} ${depth} deep`
          )
        }
      }
    }
  }
})

async function staysUp(
  t: { ok(what: unknown, name: string): unknown },
  app: FastifyInstance,
  request: InjectOptions,
  accessToken: string,
  name: string
) {
  const headers = { ...bearer(accessToken), 'content-type': 'application/json' }
  const { status, text } = await call(app, { ...request, headers })
  t.ok(status < 500, `${name}: ${status} ${status < 500 ? '' : text}`)
}
