/** IN1-IN5: a client writes what the schema names, of the type it names, and nothing else. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type Answer, bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { contents, runSql } from '../support/rows.ts'

const FIELDS = {
  type: 'object',
  properties: {
    displayName: { type: 'string' },
    age: { type: 'integer' },
    height: { type: 'number' },
    newsletter: { type: 'boolean' },
    settings: { type: 'object', additionalProperties: false, properties: { theme: { type: 'string' } } },
    // Open: no schema of ours stands between its keys and the object.
    anything: { type: 'object' },
    credits: { type: 'integer' },
    plan: { type: 'string' }
  }
} as const

/** A user who is signed in, and the three bodies that a client writes. */
async function begin(t: Test) {
  const storage = sqliteFile(t)
  const app = await startApp(t, {
    storage,
    email: { verification: 'off' },
    user: { fields: FIELDS, serverOnly: ['credits', 'plan'] }
  })
  const email = freshEmail()
  const { user, accessToken } = await signUp(app, { email, displayName: 'Ada' })
  const bodies = {
    signup: (body: object) => post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD, ...body }),
    login: (body: object) => post(app, '/auth/login', { email, password: PASSWORD, ...body }),
    PATCH: (body: object) => patch(app, accessToken, { displayName: 'Grace', ...body })
  }
  return { app, storage, email, user, accessToken, bodies }
}

const patch = (app: FastifyInstance, accessToken: string, payload: object | string) =>
  call(app, {
    method: 'PATCH',
    url: '/auth/me',
    payload,
    headers: { ...bearer(accessToken), 'content-type': 'application/json' }
  })

/** Refused with a 400 that matches, and without a trace. */
async function refused(t: Test, storage: string, name: string, message: RegExp, send: () => Promise<Answer>) {
  const before = await contents(storage)
  const { status, body } = await send()
  t.equal(status, 400, name)
  t.match(body.message, message, name)
  t.same(await contents(storage), before, `${name}: nothing is written`)
}

t.test('IN1, IN2, row 13 a name that the body does not have is refused by name, and nothing is written', async (t) => {
  const { storage, bodies } = await begin(t)
  const columns = await Promise.all(
    ['auth_users', 'auth_sessions'].map((table) => runSql(storage, `select name from pragma_table_info('${table}')`))
  )
  const names = new Set([
    ...columns.flat().map(({ name }) => String(name)),
    ...[
      'id',
      'userId',
      'user',
      'sub',
      'sid',
      'sessionId',
      'owner',
      'fields',
      'claims',
      'role',
      'roles',
      'admin',
      'isAdmin'
    ],
    ...[
      'scope',
      'scopes',
      'permissions',
      'emailVerified',
      'emailVerifiedAt',
      'passwordHash',
      'hash',
      'sessionEpoch',
      'epoch'
    ],
    ...['disabled', 'disabledAt', 'createdAt', 'updatedAt', 'expiresAt', 'idleExpiresAt', 'generation', 'secretDigest'],
    ...[
      'token',
      'accessToken',
      'refreshToken',
      'amr',
      'authTime',
      'ip',
      'userAgent',
      'trx',
      'now',
      'credits',
      'plan',
      '$where'
    ],
    ...[
      'Email',
      'PASSWORD',
      'email ',
      ' email',
      'email[]',
      'email.',
      'displayname',
      '',
      'toString',
      'hasOwnProperty',
      'prototype'
    ]
  ])
  for (const [route, send] of Object.entries(bodies)) {
    const own: Readonly<Record<string, string[]>> = {
      signup: ['email', 'username', 'remember'],
      login: ['email', 'remember'],
      PATCH: []
    }
    for (const name of names) {
      if (own[route]?.includes(name) && name !== 'username') continue
      for (const value of [true, 'x', { x: 1 }]) {
        const message = new RegExp(`^body must not have the property ${escaped(JSON.stringify(name))}$`)
        await refused(t, storage, `${route} ${JSON.stringify(name)}`, message, () => send({ [name]: value }))
      }
    }
  }
  for (const name of ['email', 'password', 'remember', 'id']) {
    await refused(t, storage, `PATCH ${name}`, new RegExp(`"${name}"`), () => bodies.PATCH({ [name]: 'x' }))
  }
  await refused(t, storage, 'a nested name', /^body\/settings must not have the property "admin"$/, () =>
    bodies.PATCH({ settings: { theme: 'dark', admin: true } })
  )
})

t.test('IN2 a field that only the server writes is answered and never taken', async (t) => {
  const { app, storage, user, accessToken, bodies } = await begin(t)
  await runSql(storage, `update auth_users set fields = '{"credits":7,"secretNote":"x"}' where id = '${user.id}'`)
  for (const [route, send] of Object.entries(bodies)) {
    for (const value of [7, 8, null]) {
      await refused(t, storage, `${route} credits`, /"credits"/, () => send({ credits: value }))
    }
  }
  t.equal((await patch(app, accessToken, { displayName: 'Grace' })).status, 200)
  t.match((await get(app, '/auth/me', accessToken)).body, { credits: 7, displayName: 'Grace' })
})

t.test('IN3 what is stored and not declared is not answered', async (t) => {
  const { app, storage, email, user, accessToken } = await begin(t)
  await runSql(storage, "alter table auth_users add column secret_column text default 'hidden'")
  await runSql(storage, `update auth_users set fields = '{"displayName":"Ada","secretNote":"hidden"}'`)
  const answers = [
    await get(app, '/auth/me', accessToken),
    await get(app, '/auth/verify', accessToken),
    await post(app, '/auth/login', { email, password: PASSWORD })
  ]
  const [stored] = await runSql(storage, `select password_hash, email_key from auth_users where id = '${user.id}'`)
  for (const { status, body } of answers) {
    t.equal(status, 200)
    for (const hidden of [
      'hidden',
      'secret',
      'argon2',
      'hash',
      'epoch',
      '_key',
      'disabled',
      String(stored?.password_hash)
    ]) {
      // Tokens are random, and may spell anything.
      t.notOk(JSON.stringify(body.user ?? body).includes(hidden), hidden)
    }
  }
})

t.test('IN4 keys that reach an object\u2019s prototype are refused at every depth', async (t) => {
  const { app, storage, email, accessToken } = await begin(t)
  const password = JSON.stringify(PASSWORD)
  const polluting = [
    '"__proto__":{"admin":true}',
    '"__proto__":null',
    '"\\u005f_proto__":{"admin":true}',
    '"constructor":{"prototype":{"admin":true}}',
    '"settings":{"__proto__":{"admin":true}}',
    '"settings":{"theme":"x","constructor":{"prototype":{"admin":true}}}',
    '"settings":{"theme":{"x":[{"__proto__":{"admin":true}}]}}',
    '"displayName":[[[{"__proto__":[]}]]]',
    '"anything":{"__proto__":{"admin":true}}',
    '"anything":{"x":[{"y":{"__proto__":{"admin":true}}}]}',
    '"anything":{"x":[{"constructor":{"prototype":{"admin":true}}}]}'
  ]
  for (const text of polluting) {
    const json = { 'content-type': 'application/json' }
    const send = (url: string, payload: string) => call(app, { method: 'POST', url, payload, headers: json })
    const nothing = /JSON|must not have|must be/
    await refused(t, storage, `sign-up ${text}`, nothing, () =>
      send('/auth/signup', `{"email":"${freshEmail()}","password":${password},${text}}`)
    )
    await refused(t, storage, `login ${text}`, nothing, () =>
      send('/auth/login', `{"email":"${email}","password":${password},${text}}`)
    )
    await refused(t, storage, `refresh ${text}`, nothing, () => send('/auth/refresh', `{${text}}`))
    await refused(t, storage, `PATCH ${text}`, nothing, () => patch(app, accessToken, `{${text}}`))
  }
  t.notOk('admin' in {})
  t.notOk('admin' in (await get(app, '/protected', accessToken)).body)
})

t.test('IN5 nothing is coerced: a value of another type is refused by the name of its field', async (t) => {
  const { app, storage, email, bodies, accessToken } = await begin(t)
  const others: Readonly<Record<string, readonly unknown[]>> = {
    string: [1, 0, true, false, null, [], {}, ['x'], [[]], { length: 8 }, { toString: 'x' }],
    integer: ['1', '', true, null, [], [1], {}, 1.5],
    boolean: ['true', '', 0, 1, null, [], [true], {}],
    object: ['x', 1, true, [], [{}], '{}']
  }
  const typed: readonly [keyof typeof bodies, string, string][] = [
    ['signup', 'email', 'string'],
    ['signup', 'password', 'string'],
    ['signup', 'remember', 'boolean'],
    ['signup', 'displayName', 'string'],
    ['signup', 'age', 'integer'],
    ['signup', 'newsletter', 'boolean'],
    ['signup', 'settings', 'object'],
    ['login', 'email', 'string'],
    ['login', 'password', 'string'],
    ['login', 'remember', 'boolean'],
    ['PATCH', 'displayName', 'string'],
    ['PATCH', 'age', 'integer'],
    ['PATCH', 'newsletter', 'boolean'],
    ['PATCH', 'settings', 'object']
  ]
  for (const [route, field, type] of typed) {
    for (const value of others[type] ?? []) {
      if (value === null && route === 'PATCH') continue // removes it
      const name = `${route} ${field} ${JSON.stringify(value)}`
      await refused(t, storage, name, new RegExp(`^body/${field}\\b`), () => bodies[route]({ [field]: value }))
    }
  }
  for (const url of ['/auth/refresh', '/auth/logout']) {
    for (const refreshToken of [1, null, true, [], {}, ['rt_']]) {
      const name = `${url} ${JSON.stringify(refreshToken)}`
      await refused(t, storage, name, /^body\/refreshToken\b/, () => post(app, url, { refreshToken }))
    }
  }
  for (const body of ['"x"', '1', 'true', '[]', '[{}]', '[["email","x"]]']) {
    const headers = { 'content-type': 'application/json', ...bearer(accessToken) }
    for (const url of ['/auth/signup', '/auth/login', '/auth/refresh', '/auth/logout']) {
      await refused(t, storage, `${url} ${body}`, /^body must be object$/, () =>
        call(app, { method: 'POST', url, payload: body, headers })
      )
    }
    await refused(t, storage, `PATCH ${body}`, /^body must be object$/, () => patch(app, accessToken, body))
  }
  for (const text of ['"height":1e999', '"height":-1e999', '"age":1e999', '"age":1.0000000001']) {
    await refused(t, storage, text, /^body\/(height|age) must be/, () => patch(app, accessToken, `{${text}}`))
  }
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200, 'the control')
})

t.test('IN5 of a key that comes twice the last counts, for the checks and for what is stored', async (t) => {
  const { app, storage } = await begin(t)
  const [first, last] = [freshEmail(), freshEmail()]
  const headers = { 'content-type': 'application/json' }
  const send = (fields: string) =>
    call(app, { method: 'POST', url: '/auth/signup?email=x@example.com&password=y', payload: `{${fields}}`, headers })
  const password = `"password":${JSON.stringify(PASSWORD)}`
  await refused(t, storage, 'a wrong one last', /^body\/email/, () =>
    send(`"email":"${first}",${password},"email":["${last}"]`)
  )
  t.match(await send(`"email":["${first}"],${password},"email":"${last}"`), {
    status: 201,
    body: { user: { email: last } }
  })
})

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
