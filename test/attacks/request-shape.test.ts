/** IN6, IN7: the schema holds however a body is labelled, packed or broken, and what has no route has no effect. */
import { connect } from 'node:net'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { authPlugin } from '../../src/index.ts'
import { bearer, call, freshEmail, get, PASSWORD, SECRET, signUp, startApp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { contents } from '../support/rows.ts'

async function begin(t: Test) {
  const storage = sqliteFile(t)
  const app = await startApp(t, { storage, identifiers: ['email', 'username?'], email: { verification: 'off' } })
  return { app, storage, ...(await signUp(app, { username: 'ada' })) }
}

const json = { 'content-type': 'application/json' }
const body = () => JSON.stringify({ email: freshEmail(), password: PASSWORD })

/** One of these statuses, and no trace. */
async function refused(
  t: Test,
  storage: string,
  name: string,
  statuses: number[],
  send: () => Promise<{ status: number }>
) {
  const before = await contents(storage)
  const { status } = await send()
  t.ok(statuses.includes(status), `${name}: ${status}`)
  t.same(await contents(storage), before, `${name} writes nothing`)
}

const signup = (app: FastifyInstance, payload: InjectOptions['payload'], headers: Record<string, string>) =>
  call(app, { method: 'POST', url: '/auth/signup', payload: payload as string, headers })

t.test('IN6, row 10 the schema holds for every spelling of the content type', async (t) => {
  const { app, storage } = await begin(t)
  const tooMuch = JSON.stringify({ ...JSON.parse(body()), isAdmin: true })
  for (const type of [
    ...[
      'application/json',
      'Application/JSON',
      'APPLICATION/JSON',
      'application/json;',
      'application/json ;charset=utf-8'
    ],
    ...['application/json; charset=utf-8', 'application/json; charset=UTF-16', 'application/json; a=b; c="d;e"'],
    ...[
      '\tapplication/json',
      ' application/json',
      'application/json\t',
      'application/json\t; charset=utf-8',
      'application/json '
    ],
    ...[
      'application/json\u00a0',
      'application /json',
      'application/ json',
      'application/json,text/plain',
      'application/json;;'
    ],
    ...[
      'application/json/x',
      'application/jsonx',
      'xapplication/json',
      'application/vnd.api+json',
      'application/json+x'
    ],
    ...[
      'application/x-json',
      'text/json',
      'text/plain',
      'text/plain;application/json',
      'text/plain; x=application/json'
    ],
    ...[
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      'application/xml'
    ],
    ...[
      'application/octet-stream',
      '*/*',
      '/',
      ';',
      ';application/json',
      ',',
      'json',
      'null',
      '""',
      '"application/json"'
    ]
  ]) {
    await refused(t, storage, JSON.stringify(type), [400, 415], () => signup(app, tooMuch, { 'content-type': type }))
  }
  t.equal((await signup(app, body(), json)).status, 201, 'the control')
})

t.test('CK6, IN6 what a form of another site can send is no JSON', async (t) => {
  const { app, storage } = await begin(t)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; charset=utf-8'
  ]) {
    await refused(t, storage, type, [415], () => signup(app, body(), { 'content-type': type }))
  }
  const untyped = { method: 'POST', url: '/auth/signup', payload: Buffer.from(body()) } as const
  await refused(t, storage, 'no content type', [400, 415], () => call(app, untyped))
})

t.test('IN7 a body of more than 16 KiB is refused, whether it says so or not', async (t) => {
  const { app, storage } = await begin(t)
  const sized = (bytes: number) => body().replace('}', `${' '.repeat(bytes - body().length - 2)}}`)
  const exact = `${body().slice(0, -1)}${' '.repeat(16_384)}`.slice(0, 16_383).concat('}')
  t.equal((await signup(app, exact, json)).status, 201, '16,384 bytes')
  await refused(t, storage, 'a byte more', [413], () => signup(app, exact.replace('}', ' }'), json))
  await refused(t, storage, 'a megabyte', [413], () => signup(app, sized(1_000_000), json))
  await refused(t, storage, 'nothing but the length', [400, 413], () =>
    signup(app, '{}', { ...json, 'content-length': '99999999' })
  )

  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const chunked = [
    'POST /auth/signup HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    '',
    ''
  ]
  const chunk = `1000\r\n${' '.repeat(0x1000)}\r\n`
  await refused(t, storage, 'chunks without an end', [413], () =>
    overSocket(port, chunked.join('\r\n') + chunk.repeat(5))
  )
})

t.test('IN7 a body that is not JSON is a 400 that repeats nothing of it', async (t) => {
  const { app, storage } = await begin(t)
  const whole = body()
  for (const text of [
    ...[
      '{',
      '}',
      '[',
      '{]',
      '{"email"',
      '{"email":',
      '{"email":}',
      '{email:1}',
      "{'email':'x'}",
      '{"email":"x",}',
      'undefined'
    ],
    ...[
      'NaN',
      '-',
      '01',
      '+1',
      '.5',
      '1.',
      'nul',
      'True',
      '//',
      '/**/{}',
      '{}{}',
      '{} x',
      '{}\0',
      '\0',
      '\ufeff',
      '{"a":"\n"}'
    ],
    ...['{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"', whole.slice(0, -1), whole.slice(1), `${whole}${whole}`, `(${whole})`],
    ...[`)]}'\n${whole}`, `callback(${whole})`, encodeURIComponent(whole), Buffer.from(whole).toString('base64')]
  ]) {
    const answers: string[] = []
    await refused(t, storage, JSON.stringify(text).slice(0, 40), [400], async () => {
      const answer = await signup(app, text, json)
      answers.push(answer.text)
      return answer
    })
    t.notOk(answers.join().includes(PASSWORD))
  }
})

t.test('IN7 bytes that are no UTF-8 are no text', async (t) => {
  const { app, storage } = await begin(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  for (const bytes of ['ff', 'fe', 'c080', 'c3', 'e282', 'eda080', 'f8888080', 'f4908080']) {
    const [before, after] = JSON.stringify({ email: freshEmail(), password: `${PASSWORD}|` }).split('|')
    const payload = Buffer.concat([Buffer.from(String(before)), Buffer.from(bytes, 'hex'), Buffer.from(String(after))])
    await refused(t, storage, `the bytes ${bytes}`, [400], () => signup(app, payload, json))
    const head =
      'POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunk = `${payload.length.toString(16)}\r\n${payload.toString('latin1')}\r\n0\r\n\r\n`
    await refused(t, storage, `the bytes ${bytes} in a chunk`, [400], () => overSocket(port, head + chunk))
  }
})

t.test('IN7 a method that is not declared is no route, and a guess does nothing', async (t) => {
  const { app, storage, accessToken } = await begin(t)
  const routes: Readonly<Record<string, readonly string[]>> = {
    '/auth/signup': ['POST'],
    '/auth/login': ['POST'],
    '/auth/refresh': ['POST'],
    '/auth/refresh-token': ['POST'],
    '/auth/logout': ['POST'],
    '/auth/logout-all': ['POST'],
    '/auth/verify': ['GET', 'HEAD'],
    '/auth/me': ['GET', 'HEAD', 'PATCH', 'DELETE'],
    '/auth/users/ada': ['GET', 'HEAD']
  }
  for (const [url, declared] of Object.entries(routes)) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const) {
      if (declared.includes(method)) continue
      await refused(t, storage, `${method} ${url}`, [404, 405], () =>
        call(app, { method: method as 'GET', url, headers: bearer(accessToken) })
      )
    }
  }
  for (const url of [
    '/auth',
    '/auth/',
    '/auth//me',
    '/auth/me/',
    '/auth/ME',
    '/AUTH/me',
    '/auth/me;x',
    '/auth/users',
    '/auth/admin'
  ]) {
    await refused(t, storage, url, [404], () => get(app, url, accessToken))
  }
  t.equal((await get(app, '/auth/me', accessToken)).status, 200, 'the session lives')
})

t.test('IN7 a path that names nobody is a 404, in whatever way it is malformed', async (t) => {
  const { app, storage } = await begin(t)
  t.equal((await get(app, '/auth/users/ada')).status, 200, 'the control')
  const odd = [
    'x',
    'a'.repeat(33),
    'a'.repeat(99),
    'ada%20',
    '%20ada',
    'ada%00',
    '%00',
    '%0a',
    '%27',
    '%22',
    '%25',
    '%5c',
    '..%2fada'
  ]
  const odder = [
    '%f0%9f%98%80',
    '%e2%80%8b',
    '%ef%bb%bf',
    '__proto__',
    'constructor',
    '-1',
    '*',
    ':username',
    '%3ausername',
    '$',
    '@',
    ','
  ]
  for (const name of [
    ...odd,
    ...odder,
    'ada;x=1',
    'ada.json',
    'ada%2f',
    "'or'1'='1",
    '00000000-0000-0000-0000-000000000000'
  ]) {
    await refused(t, storage, name, [404], () => get(app, `/auth/users/${name}`))
  }
  // No URL, says Fastify's router, before any route is looked for.
  for (const name of ['%', '%zz', '%e0%a4%a', '%c3', '%ff', '%ed%a0%80', 'a'.repeat(101), 'a'.repeat(5000)]) {
    await refused(t, storage, name.slice(0, 20), [400, 404, 414], () => get(app, `/auth/users/${name}`))
  }
})

/** Sends bytes as they are, and reads the status. */
function overSocket(port: number, bytes: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    socket.setEncoding('latin1')
    socket.once('data', (data) => {
      socket.destroy()
      resolve({ status: Number(String(data).split(' ')[1]) })
    })
    socket.on('error', reject)
  })
}

t.test('CK9 no answer under our routes is kept anywhere, whoever gave it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers['x-held'] !== undefined) return reply.code(429).send({})
  })
  await app.register(authPlugin, {
    secret: SECRET,
    storage: 'sqlite::memory:',
    password: CHEAP,
    mailer: async () => {}
  })
  const { accessToken } = await signUp(app)
  const requests: [number, InjectOptions][] = [
    [200, { url: '/auth/me', headers: bearer(accessToken) }],
    [200, { method: 'HEAD', url: '/auth/me', headers: bearer(accessToken) }],
    [400, { method: 'POST', url: '/auth/login', headers: json, payload: '{' }],
    [400, { method: 'POST', url: '/auth/login', payload: {} }],
    [401, { url: '/auth/me' }],
    [413, { method: 'POST', url: '/auth/login', payload: { email: 'x'.repeat(20_000) } }],
    [415, { method: 'POST', url: '/auth/login', headers: { 'content-type': 'text/plain' }, payload: 'x' }],
    [429, { url: '/auth/me', headers: { ...bearer(accessToken), 'x-held': 'yes' } }]
  ]
  for (const [status, request] of requests) {
    const { statusCode, headers } = await app.inject(request)
    t.match([statusCode, headers['cache-control'], headers['x-content-type-options']], [status, 'no-store', 'nosniff'])
    t.match([headers.vary, headers['referrer-policy']], [/Origin, Cookie, Authorization/, 'no-referrer'])
  }
})
