/** LG4, LG5: what goes wrong in other people's code is told in a fixed sentence; the cause stands in the log and nowhere else. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import type { AuthStore } from '../../src/index.ts'
import { type HostOptions, OPTIONS, openHost } from '../hosts/host.ts'
import { type Answer, bearer, call, freshEmail, get, PASSWORD, post, signUp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'

const DETAIL = 'secret detail: relation "auth_users", password hunter2'
const UNEXPECTED = {
  statusCode: 500,
  code: 'AUTH_UNEXPECTED',
  error: 'Internal Server Error',
  message: 'Something went wrong on our side'
}

/** What code of others may throw. */
const thrown: readonly unknown[] = [
  new Error(DETAIL),
  Object.assign(new Error(DETAIL), { statusCode: 418, code: 'TEAPOT', expose: true }),
  Object.assign(new Error(DETAIL), { statusCode: 200, headers: { 'x-secret': 'detail' } }),
  Object.assign(new Error(DETAIL), { validation: [{ message: DETAIL }], validationContext: 'body' }),
  Object.assign(new Error(DETAIL), { name: 'StoreUnavailableError', retryAfter: DETAIL }),
  new AggregateError([new Error(DETAIL)], DETAIL),
  new Error('outer', { cause: new Error(DETAIL) }),
  DETAIL,
  { message: DETAIL, statusCode: 400 }
]

/** A host with a log, where what is thrown can be chosen. */
async function openFaulty(
  t: Test,
  options: (fault: () => void) => HostOptions | Promise<HostOptions>,
  arrange = (_: FastifyInstance) => {}
) {
  const lines: string[] = []
  const next: { fault: unknown } = { fault: undefined }
  const fault = () => {
    if (next.fault !== undefined) throw next.fault
  }
  const chosen = await options(fault)
  const app = await openHost(
    t,
    (app, register) => {
      arrange(app)
      return register(chosen)
    },
    { logger: { level: 'error', stream: { write: (line) => void lines.push(line) } } }
  )
  return { app, lines, next }
}

/** Whether an answer says nothing of what happened, and the log does. */
function keepsToItself(t: Test, answer: Answer, lines: readonly string[], name: string): void {
  t.same(answer.body, UNEXPECTED, name)
  t.notMatch(JSON.stringify(answer.headers), /secret|detail|hunter2/i, `${name}: the headers`)
  t.ok(lines.join('').includes('hunter2'), `${name}: the cause is in the log`)
}

/** A real store of which one verb fails as it is told to. */
async function storeWith(t: Test, wing: 'users' | 'sessions', verb: string, fault: () => void): Promise<AuthStore> {
  const store = await connectStore(sqliteFile(t), {
    postgres: { prepare: true, listen: false },
    log: { error: () => {} }
  })
  const broken = Object.assign(Object.create(store[wing]), {
    [verb]: async (...given: unknown[]) => {
      fault()
      return (store[wing] as unknown as Record<string, (...given: unknown[]) => unknown>)[verb]?.(...given)
    }
  })
  return { ...store, [wing]: broken }
}

const email = freshEmail()
const paths: readonly (readonly [
  'users' | 'sessions',
  string,
  (app: FastifyInstance, session: Session) => Promise<Answer>
])[] = [
  ['users', 'create', (app) => post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })],
  ['users', 'credential', (app) => post(app, '/auth/login', { email, password: PASSWORD })],
  ['sessions', 'open', (app) => post(app, '/auth/login', { email, password: PASSWORD })],
  ['sessions', 'rotate', (app, { refreshToken }) => post(app, '/auth/refresh', { refreshToken })],
  ['users', 'find', (app, { accessToken }) => get(app, '/auth/me', accessToken)],
  [
    'users',
    'update',
    (app, { accessToken }) => call(app, { method: 'PATCH', url: '/auth/me', payload: {}, headers: bearer(accessToken) })
  ],
  ['sessions', 'end', (app, { refreshToken }) => post(app, '/auth/logout', { refreshToken })],
  [
    'sessions',
    'endAll',
    (app, { accessToken }) => call(app, { method: 'POST', url: '/auth/logout-all', headers: bearer(accessToken) })
  ]
]

type Session = { readonly accessToken: string; readonly refreshToken: string }

for (const [wing, verb, path] of paths) {
  t.test(`LG4, LG5 a store whose ${wing}.${verb} throws`, async (t) => {
    const { app, lines, next } = await openFaulty(t, async (fault) => ({
      storage: await storeWith(t, wing, verb, fault)
    }))
    const session = await signUp(app, { email })
    for (const [number, fault] of thrown.entries()) {
      lines.length = 0
      next.fault = fault
      keepsToItself(t, await path(app, session), lines, `fault ${number}`)
      t.equal((await get(app, '/protected', session.accessToken)).status, 200, 'nobody is signed out by it')
    }
    next.fault = undefined
    t.ok((await path(app, session)).status < 300, 'and nothing of it stays')
  })
}

const after =
  <T>(fault: () => void, result: T) =>
  () => {
    fault()
    return result
  }

t.test('LG4, LG5 functions of the host that throw', async (t) => {
  const functions: Readonly<Record<string, (fault: () => void) => HostOptions>> = {
    'accessToken.claims': (fault) => ({ accessToken: { claims: after(fault, {}) } }),
    'password.check': (fault) => ({ password: { ...OPTIONS.password, check: after(fault, true) } }),
    'password.check, later': (fault) => ({ password: { ...OPTIONS.password, check: async () => after(fault, true)() } })
  }
  for (const [name, options] of Object.entries(functions)) {
    const { app, lines, next } = await openFaulty(t, options)
    for (const fault of thrown) {
      lines.length = 0
      next.fault = fault
      keepsToItself(t, await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD }), lines, name)
    }
    next.fault = undefined
    t.equal((await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })).status, 201)
  }
})

t.test('LG5 claims that are no object, or cannot be written, are a fault and not a token', async (t) => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  for (const claims of [
    { big: 1n },
    circular,
    {
      toJSON: () => {
        throw new Error(DETAIL)
      }
    }
  ]) {
    const { app } = await openFaulty(t, () => ({ accessToken: { claims: () => claims } }))
    const { status, body } = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })
    t.match([status, body.code], [500, 'AUTH_UNEXPECTED'])
  }
})

t.test('LG4 a database that is not as it should be is no matter for clients', async (t) => {
  const storage = sqliteFile(t)
  const { app, lines } = await openFaulty(t, () => ({ storage }))
  const session = await signUp(app, { email })
  await runSql(storage, 'alter table auth_users rename column session_epoch to elsewhere')
  for (const [wing, verb, path] of paths.filter(([, verb]) => verb !== 'end')) {
    lines.length = 0
    const answer = await path(app, session)
    t.same(answer.body, UNEXPECTED, `${wing}.${verb}`)
    t.match(lines.join(''), /session_epoch/, 'the log says what')
  }
})

t.test('LG4, row 44 an error is one request\u2019s alone, also where requests share their work', async (t) => {
  const errors: object[] = []
  // On PostgreSQL, where requests meet: those of one refresh token share one statement.
  const storage = await postgresDatabase(t)
  const { app } = await openFaulty(
    t,
    () => ({ storage }),
    (host) =>
      host.setErrorHandler(
        (error: Error & { statusCode?: number; id?: string }, request: FastifyRequest, reply: FastifyReply) => {
          errors.push(error)
          // What a host may do with an error that is its own.
          error.id ??= request.id
          return reply.code(error.statusCode ?? 500).send({ id: error.id, request: request.id })
        }
      )
  )
  const { user, refreshToken } = await signUp(app)
  await app.auth.sessions.endAll(user.id)
  const requests = [
    () => post(app, '/auth/refresh', { refreshToken }),
    () => post(app, '/auth/refresh', { refreshToken: 'rt_x' }),
    () => post(app, '/auth/login', { email: freshEmail(), password: PASSWORD }),
    () => get(app, '/protected'),
    () => get(app, '/protected', 'x')
  ]
  for (const request of requests) {
    errors.length = 0
    const answers = await Promise.all(Array.from({ length: 10 }, request))
    t.equal(errors.length, 10)
    t.equal(new Set(errors).size, 10, 'ten errors')
    t.ok(
      answers.every(({ body }) => body.id === body.request),
      'and ten answers'
    )
  }
})
