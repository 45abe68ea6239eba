/** Hosts with @fastify/swagger: their document describes our routes completely. */
import fastifySwagger from '@fastify/swagger'
import t, { type Test } from 'tap'
import { type HostOptions, openHost } from './host.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly object[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Record<string, unknown> }> }
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
}

interface Listed {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

async function documentOf(t: Test, options: HostOptions): Promise<readonly Listed[]> {
  const app = await openHost(t, async (app, register) => {
    await app.register(fastifySwagger, { openapi: { info: { title: 'host', version: '1.0.0' } } })
    await register(options)
  })
  const { paths = {} } = app.swagger() as unknown as { paths?: Record<string, Record<string, Operation>> }
  const listed = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation }))
  )
  return listed.filter(({ path }) => path.startsWith('/auth'))
}

const OPTIONS: HostOptions = {
  identifiers: ['email', 'username?'],
  user: { fields: { type: 'object', properties: { plan: { type: 'string', enum: ['free', 'pro'] } } } }
}

t.test('every route is listed once, under a name of its own', async (t) => {
  const listed = await documentOf(t, OPTIONS)
  t.same(listed.map(({ method, path, operation }) => `${operation.operationId}: ${method} ${path}`).sort(), [
    'action: get /auth/action',
    'changeEmail: post /auth/change-email',
    'changeMe: patch /auth/me',
    'changePassword: post /auth/change-password',
    'confirmEmailChange: post /auth/confirm-email-change',
    'deleteMe: delete /auth/me',
    'endOtherSessions: delete /auth/sessions',
    'endSession: delete /auth/sessions/{id}',
    'forgotPassword: post /auth/forgot-password',
    'login: post /auth/login',
    'logout: post /auth/logout',
    'logoutAll: post /auth/logout-all',
    'me: get /auth/me',
    'publicProfile: get /auth/users/{username}',
    'refresh: post /auth/refresh',
    'resendVerification: post /auth/resend-verification',
    'resetPassword: post /auth/reset-password',
    'sessions: get /auth/sessions',
    'signup: post /auth/signup',
    'verify: get /auth/verify',
    'verifyEmail: post /auth/verify-email'
  ])
})

t.test('every route says what it is, takes and answers', async (t) => {
  for (const { method, path, operation } of await documentOf(t, OPTIONS)) {
    const place = `${method} ${path}`
    t.match(operation, { tags: ['auth'], summary: /\w/, description: /\w.*\.$/ }, place)
    const statuses = Object.keys(operation.responses)
    t.ok(
      statuses.some((status) => status.startsWith('2')),
      `${place} answers`
    )
    for (const status of ['400', '500', '503']) t.ok(statuses.includes(status), `${place} lists ${status}`)
    for (const [status, response] of Object.entries(operation.responses)) {
      const type = operation.operationId === 'action' && status === '200' ? 'text/html' : 'application/json'
      if (status !== '204') t.same(Object.keys(response.content ?? {}), [type], `${place} describes ${status}`)
    }
    const takesBody = (/^(post|patch)$/.test(method) && !path.endsWith('/logout-all')) || place === 'delete /auth/me'
    t.equal(operation.requestBody !== undefined, takesBody, `${place} body`)
  }
})

t.test('bodies are closed, and show the identifiers and the host\u2019s own fields', async (t) => {
  const listed = await documentOf(t, OPTIONS)
  const bodyOf = (name: string) =>
    listed.find(({ operation }) => operation.operationId === name)?.operation.requestBody?.content['application/json']
      ?.schema
  t.match(bodyOf('signup'), {
    additionalProperties: false,
    required: ['email', 'password'],
    properties: { email: {}, username: {}, password: {}, remember: {}, plan: { enum: ['free', 'pro'] } }
  })
  t.match(bodyOf('login'), { additionalProperties: false, properties: { email: {}, username: {}, password: {} } })
  t.match(bodyOf('refresh'), { additionalProperties: false, properties: { refreshToken: { type: 'string' } } })
})

t.test('what is hidden or off is not listed', async (t) => {
  const listed = await documentOf(t, {
    routes: { login: { hide: true }, verify: false, refresh: ['/a', '/b'] }
  })
  const paths = listed.map(({ path }) => path)
  t.notOk(paths.includes('/auth/login'))
  t.notOk(paths.includes('/auth/verify'))
  t.ok(paths.includes('/auth/a'))
  t.notOk(paths.includes('/auth/b'), 'an alias is the same operation')
})
