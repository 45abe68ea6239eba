/** Tokens that are signed with the right key and say the wrong thing, as another service with the key could. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { get, signUp, startApp } from '../support/app.ts'
import { forge, type Part, read, without } from './forge.ts'

const KEY = 'the key of access tokens, for this test'
const CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp']

let now = Date.parse('2030-01-01T00:00:00.000Z')
const seconds = () => now / 1000

async function begin(t: Test) {
  const app = await startApp(t, { accessToken: { secret: KEY }, clock: () => new Date(now) })
  const { header, payload } = read((await signUp(app)).accessToken)
  const claiming = (claims: unknown) => forge(header, claims, KEY)
  return { app, payload, claiming }
}

/** Twice each: a token that was seen before is answered from memory. */
async function answers(app: FastifyInstance, token: string): Promise<unknown[]> {
  const codes = []
  for (const url of ['/protected', '/auth/verify', '/protected']) {
    const { status, body } = await get(app, url, token)
    codes.push(status === 401 ? body.code : status)
  }
  return codes
}

const GOOD = [200, 200, 200]
const INVALID = Array(3).fill('AUTH_ACCESS_TOKEN_INVALID')
const EXPIRED = Array(3).fill('AUTH_ACCESS_TOKEN_EXPIRED')

t.test('JW5 every claim that is issued must be there', async (t) => {
  const { app, payload, claiming } = await begin(t)
  t.same(
    CLAIMS.filter((name) => !(name in payload)),
    [],
    'all are issued'
  )
  t.same(await answers(app, claiming(payload)), GOOD, 'the control')
  for (const name of CLAIMS) t.same(await answers(app, claiming(without(payload, name))), INVALID, `no ${name}`)
})

t.test('JW5, JW6, JW7 every claim must be of its type and of its value', async (t) => {
  const { app, payload, claiming } = await begin(t)
  const { iss, aud, sub, sid, jti, iat, exp } = payload as Record<string, string>
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    iss: [[iss], [iss, 'x'], `${iss} `, `x${iss}`, String(iss).toUpperCase(), '', 'https://example.com'],
    aud: [[aud], [aud, 'x'], `${aud} `, String(aud).slice(1), '', 'x'],
    sub: [[sub], ''],
    sid: [[sid], ''],
    jti: [[jti], ''],
    iat: [String(iat), [iat], Number(iat) + 0.5, seconds() + 61],
    exp: [String(exp), [exp], Number(exp) + 0.5, `${exp}e1`, new Date(now + 600_000).toISOString(), 2 ** 53]
  }
  for (const name of CLAIMS) {
    for (const value of [...(wrong[name] ?? []), null, true, {}, []]) {
      t.same(await answers(app, claiming({ ...payload, [name]: value })), INVALID, `${name} ${JSON.stringify(value)}`)
    }
  }
})

t.test('JW7 numbers that JSON does not have, or no computer, are no times', async (t) => {
  const { app, payload, claiming } = await begin(t)
  for (const name of ['exp', 'iat']) {
    for (const literal of ['NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '1e308', '0x7fffffff', '.5', '']) {
      const text = JSON.stringify({ ...payload, [name]: '?' }).replace('"?"', literal)
      t.same(await answers(app, claiming(text)), INVALID, `${name} ${literal}`)
    }
  }
  for (const exp of [Number.MAX_SAFE_INTEGER, 8_640_000_000_001]) {
    t.same(await answers(app, claiming({ ...payload, exp })), INVALID, `exp ${exp}, which is no date`)
  }
})

t.test('row 7 a payload is an object', async (t) => {
  const { app, payload, claiming } = await begin(t)
  for (const claims of [
    [payload],
    [],
    [[payload]],
    { 0: payload },
    { payload },
    JSON.stringify('x'),
    '1',
    'null',
    'true'
  ]) {
    t.same(await answers(app, claiming(claims)), INVALID, JSON.stringify(claims).slice(0, 40))
  }
  t.same(await answers(app, claiming(Object.assign([], { ...payload }))), INVALID, 'an array')
})

t.test('JW8 a token from the future is refused, one from a clock a minute ahead is not', async (t) => {
  const { app, payload, claiming } = await begin(t)
  t.same(await answers(app, claiming({ ...payload, iat: seconds() + 60 })), GOOD)
  t.same(await answers(app, claiming({ ...payload, iat: seconds() + 61 })), INVALID)
})

t.test('JW8 a token is over at its exp, whether it was seen before or not', async (t) => {
  const { app, payload, claiming } = await begin(t)
  const token = claiming({ ...payload, exp: seconds() + 100 })
  t.same(await answers(app, token), GOOD)
  now += 99_000
  t.same(await answers(app, token), GOOD, 'a second before, seen')
  t.same(await answers(app, claiming({ ...payload, exp: seconds() + 1 })), GOOD, 'a second before, new')
  now += 1000
  t.same(await answers(app, token), EXPIRED, 'seen')
  t.same(await answers(app, claiming({ ...payload, jti: 'another', exp: seconds() })), EXPIRED, 'new')
  t.same(await answers(app, claiming({ ...payload, exp: seconds() - 1 })), EXPIRED, 'a second after')
  for (const exp of [0, -1, -1e9]) t.same(await answers(app, claiming({ ...payload, exp })), EXPIRED, `exp ${exp}`)
  now -= 1000
  t.same(await answers(app, token), GOOD, 'nothing but the clock decided')
})

t.test('claims cannot pass for what the guard itself says of a user', async (t) => {
  const { app, payload, claiming } = await begin(t)
  const own = { id: payload.sub, sessionId: payload.sid }
  for (const claims of [
    { id: 'x', sessionId: 'x' },
    { user: { id: 'x' } },
    { constructor: 'x', toString: 'x' }
  ] as Part[]) {
    t.match((await get(app, '/protected', claiming({ ...payload, ...claims }))).body, own)
  }
  const polluting = JSON.stringify(payload).replace('{', '{"__proto__":{"admin":true},')
  const { body } = await get(app, '/protected', claiming(polluting))
  t.notOk(({} as { admin?: boolean }).admin)
  t.notOk('admin' in body)
})
