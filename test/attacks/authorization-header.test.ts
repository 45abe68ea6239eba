/** JW11, row 27: a header that makes no sense is a 401, from a guard of the host's and from our own, and never a fault. */
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, signUp, startApp } from '../support/app.ts'

const app = await startApp(t)
const { accessToken } = await signUp(app)
const REFUSALS = ['AUTH_ACCESS_TOKEN_MISSING', 'AUTH_ACCESS_TOKEN_INVALID']

async function answer(app: FastifyInstance, authorization: unknown, url: string) {
  const headers = { authorization } as Record<string, string>
  return call(app, { method: url === '/auth/logout-all' ? 'POST' : 'GET', url, headers })
}

const odd = [
  ...[
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'bearer',
    'BEARER ',
    'Bearer\t',
    'Bearer=',
    'Bearer:',
    'Bearer,',
    'Bear'
  ],
  ...['null', 'undefined', '[object Object]', 'Bearer null', 'Bearer undefined', 'Bearer [object Object]', 'Bearer "'],
  ...['Basic', 'Basic ', 'Basic dXNlcjpwYXNz', 'Digest username="x"', 'Negotiate', 'Bearer Bearer', 'Bearer.Bearer'],
  ...['Bearer .', 'Bearer ..', 'Bearer ...', 'Bearer a.b.c', 'Bearer e30.e30.', 'Bearer e30.e30.e30', 'Bearer =.=.='],
  ...['Bearer \u00ff\u00fe', 'Bearer \u00e9.\u00e9.\u00e9', '\u00a0Bearer x', 'Bearer %00', 'Bearer ../../etc/passwd'],
  ...[`Bearer  ${accessToken}`, `Bearer ${accessToken} `, `Bearer ${accessToken} x`, `Bearer ${accessToken},x`],
  ...[
    `Bearer${accessToken}`,
    `Bearer\t${accessToken}`,
    `Bearer=${accessToken}`,
    `Bearer "${accessToken}"`,
    accessToken
  ],
  ...[`Token ${accessToken}`, `Basic ${accessToken}`, `JWT ${accessToken}`, `Bearer ${accessToken}\u00a0`],
  ...[`Bearer ${accessToken}, Bearer ${accessToken}`, `Basic x, Bearer ${accessToken}`, `Bearer ${'x'.repeat(100_000)}`]
]

t.test('JW11, row 27 what is no bearer token is answered 401', async (t) => {
  for (const url of ['/protected', '/auth/verify', '/auth/me', '/auth/logout-all']) {
    for (const header of odd) {
      const { status, body, headers } = await answer(app, header, url)
      t.ok(status === 401 && REFUSALS.includes(String(body.code)), `${url} ${JSON.stringify(header).slice(0, 60)}`)
      t.match(headers['www-authenticate'], /^Bearer/)
    }
  }
  t.equal((await answer(app, `Bearer ${accessToken}`, '/protected')).status, 200, 'the control')
})

t.test('the scheme is known in any letter case', async (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    t.equal((await answer(app, `${scheme} ${accessToken}`, '/protected')).status, 200, scheme)
  }
})

t.test('JW11 a thousand mutilated headers open nothing and break nothing', async (t) => {
  const header = `Bearer ${accessToken}`
  const statuses = new Set<string>()
  for (let round = 0; round < 1000; round += 1) {
    const { status, body } = await answer(app, mutilated(header), '/protected')
    statuses.add(`${status} ${body.code}`)
  }
  t.same([...statuses].sort(), REFUSALS.map((code) => `401 ${code}`).sort())
})

t.test('row 27 on a socket too, where headers may come twice, in bytes and without an end', async (t) => {
  const app = await startApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const { accessToken } = await signUp(app)
  const good = `Authorization: Bearer ${accessToken}`

  for (const [lines, status] of [
    [[good], 200],
    [[good.replace(' Bearer', '\t Bearer')], 200],
    [[good, 'Authorization: Basic eA=='], 200], // RFC 9110 5.3: no list, so Node keeps the first
    [['Authorization: Basic eA==', good], 401],
    [['Authorization: Bearer \xff\x80'], 401],
    [['Authorization:'], 401],
    [['Authorization: Bearer \x00'], 400],
    [[`Authorization: Bearer ${'x'.repeat(20_000)}`], 431]
  ] as const) {
    const answer = await overSocket(port, ['GET /protected HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines])
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(lines.join(', ').slice(0, 60)))
  }
})

/** One to four characters removed, doubled, replaced or moved; never the header itself. */
function mutilated(header: string): string {
  const characters = [...header]
  const place = () => Math.floor(Math.random() * characters.length)
  for (let change = 0; change <= Math.random() * 4; change += 1) {
    const odd = String.fromCharCode(1 + Math.floor(Math.random() * 254))
    const changes = [
      () => characters.splice(place(), 1),
      () => characters.splice(place(), 0, odd),
      () => characters.splice(place(), 1, odd),
      () => characters.splice(place()),
      () => characters.push(...characters.splice(0, place()))
    ]
    changes[Math.floor(Math.random() * changes.length)]?.()
  }
  const result = characters.join('')
  return result.toLowerCase().startsWith('bearer ') && result.slice(7) === accessToken ? 'Bearer' : result
}

function overSocket(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      received += data
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}
