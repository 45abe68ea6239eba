/** Forged access tokens. The positive control of each test is a token that was made by hand with the right key. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { bearer, call, get, SECRET, signUp, startApp } from '../support/app.ts'
import { encode, forge, read, sign, without } from './forge.ts'

const KEY = 'the key of access tokens, for this test'

/** A genuine token's parts, from an app whose key is known. */
async function begin(t: Test) {
  const app = await startApp(t, { accessToken: { secret: KEY } })
  const { accessToken, refreshToken } = await signUp(app)
  return { app, accessToken, refreshToken, ...read(accessToken) }
}

/** Twice each: a token that was seen before is answered from memory. */
async function accepted(t: Test, app: FastifyInstance, token: string, name: string): Promise<void> {
  for (const time of ['new', 'seen']) t.equal((await get(app, '/protected', token)).status, 200, `${name}, ${time}`)
}

async function refused(t: Test, app: FastifyInstance, token: string, name: string): Promise<void> {
  for (const time of ['new', 'seen']) {
    const { status, body, headers } = await get(app, '/protected', token)
    t.same([status, body.code], [401, 'AUTH_ACCESS_TOKEN_INVALID'], `${name}, ${time}`)
    t.match(headers['www-authenticate'], /^Bearer error="invalid_token"/)
  }
}

t.test('JW1, row 4 only HS256 with our key signs: no other algorithm, no signature, no empty key', async (t) => {
  const { app, header, payload, accessToken } = await begin(t)
  await accepted(t, app, forge(header, payload, KEY), 'made by hand')
  const body = encode(payload)
  const [, , signature] = accessToken.split('.')

  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'hs256',
    'HS256 ',
    'HS384',
    'HS512',
    'RS256',
    'ES256',
    'EdDSA'
  ]) {
    const bare = `${encode({ ...header, alg })}.${body}`
    await refused(t, app, `${bare}.`, `${alg} without a signature`)
    await refused(t, app, `${bare}.${signature}`, `${alg} with the signature of another token`)
    await refused(t, app, `${bare}.${sign(bare, KEY)}`, `${alg} signed as HS256`)
  }
  for (const [alg, hash] of [
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
    ['HS256', 'sha1'],
    ['HS256', 'sha512']
  ] as const) {
    await refused(t, app, forge({ ...header, alg }, payload, KEY, hash), `${alg} by ${hash}`)
  }
  for (const alg of [undefined, null, 256, ['HS256'], { HS256: true }]) {
    await refused(t, app, forge({ ...header, alg }, payload, KEY), `alg ${JSON.stringify(alg)}`)
  }
  for (const key of [
    '',
    '\0',
    'x'.repeat(32),
    String(header.kid),
    'fastify-gatehouse',
    SECRET,
    KEY.slice(1),
    `${KEY} `
  ]) {
    await refused(t, app, forge(header, payload, key), `signed with ${JSON.stringify(key)}`)
  }
})

t.test('row 1 a public key is no HMAC key, whatever stands before it', async (t) => {
  const { app, header, payload } = await begin(t)
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const whitespace = ['', ' ', '\t', '\n', '\r\n', '\v', '\f', '\u00a0', '\ufeff', '\0']
  const others = Array.from({ length: 30 }, (_, index) => String.fromCharCode(33 + 3 * index))
  for (const prefix of [...whitespace, ...others]) {
    const key = prefix + pem
    await refused(t, app, forge(header, payload, key), `signed with ${JSON.stringify(prefix)} and a PEM`)
    for (const options of [{ secret: key }, { accessToken: { secret: key } }]) {
      await t.rejects(startApp(t, options), { code: 'AUTH_OPTIONS_INVALID', message: /looks like a PEM/ })
    }
  }
  await accepted(t, app, forge(header, payload, KEY), 'the control')
})

t.test('JW2, rows 2 and 3 boot refuses a secret that is short, empty or a key of another kind', async (t) => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  for (const secret of [
    '',
    'x',
    'thirty-one bytes, not one more!',
    'x'.repeat(64),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [jwk] })
  ]) {
    await t.rejects(startApp(t, { secret }), { code: 'AUTH_OPTIONS_INVALID' }, secret)
    await t.rejects(startApp(t, { secret: [SECRET, secret] }), { code: 'AUTH_OPTIONS_INVALID' }, secret)
    await t.rejects(startApp(t, { accessToken: { secret } }), { code: 'AUTH_OPTIONS_INVALID' }, secret)
  }
})

t.test('`secret` itself signs nothing', async (t) => {
  const app = await startApp(t)
  const { accessToken } = await signUp(app)
  const { header, payload } = read(accessToken)
  await accepted(t, app, accessToken, 'the control')
  await refused(t, app, forge(header, payload, SECRET), 'signed with the secret')
  await refused(t, app, forge(without(header, 'kid'), payload, SECRET), 'signed with the secret, without a kid')
})

t.test('JW3, row 5 a key that comes with the token is ignored and never fetched', async (t) => {
  let fetched = 0
  const server = createServer((_request, response) => {
    fetched += 1
    response.end(JSON.stringify({ keys: [{ kty: 'oct', kid: header.kid, k: encode('attacker') }] }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys.json`
  const { app, header, payload } = await begin(t)

  for (const brought of [
    { jku: url },
    { x5u: url },
    { jwk: { kty: 'oct', k: encode('attacker') } },
    { x5c: [encode('attacker')] },
    { 'x5t#S256': encode('attacker') }
  ]) {
    const name = Object.keys(brought).join()
    await refused(t, app, forge({ ...header, ...brought }, payload, 'attacker'), `${name}, signed with what it brings`)
    await accepted(t, app, forge({ ...header, ...brought }, payload, KEY), `${name}, signed with our key`)
  }
  t.equal(fetched, 0)
})

t.test('JW3, row 9 kid is an index into our own keys and nothing else', async (t) => {
  const { app, header, payload } = await begin(t)
  const own = Number.parseInt(String(header.kid), 16)
  const others = [own ^ 1, own ^ 255].map((kid) => kid.toString(16).padStart(2, '0'))
  const paths = ['../../../../dev/null', '/dev/null', 'file:///dev/null', "' or 1=1 --", '__proto__', 'constructor', '']
  for (const kid of [...others, ...paths, own, null, true, [header.kid], { kid: header.kid }, `${header.kid} `]) {
    await refused(t, app, forge({ ...header, kid }, payload, KEY), `kid ${JSON.stringify(kid)}`)
    await refused(t, app, forge({ ...header, kid }, payload, ''), `kid ${JSON.stringify(kid)} and an empty key`)
  }
})

t.test('JW3, row 8 an extension that must be understood is refused', async (t) => {
  const { app, header, payload } = await begin(t)
  for (const crit of [['b64'], ['exp'], ['urn:example:rule'], ['alg'], [], 'exp', [1], ['exp', 'exp']]) {
    const token = forge({ ...header, crit, b64: false, exp: 1, 'urn:example:rule': 1 }, payload, KEY)
    await refused(t, app, token, `crit ${JSON.stringify(crit)}`)
  }
})

t.test('JW4, row 25 only a token that says it is an access token is one', async (t) => {
  const { app, header, payload } = await begin(t)
  for (const typ of [
    'JWT',
    'jwt',
    'at',
    'at+jwt ',
    'rt+jwt',
    'logout+jwt',
    '',
    null,
    1,
    ['at+jwt'],
    { typ: 'at+jwt' }
  ]) {
    await refused(t, app, forge({ ...header, typ }, payload, KEY), `typ ${JSON.stringify(typ)}`)
  }
  await refused(t, app, forge(without(header, 'typ'), payload, KEY), 'no typ')
})

t.test('JW9, row 8 a token has one spelling', async (t) => {
  const { app, header, payload, accessToken } = await begin(t)
  const parts = accessToken.split('.')

  for (const spelling of ['=', '==', ' ', '\t', '%20', '+', '/', '.', '\u00e9', 'A', 'AA', 'AAAA']) {
    for (const place of [0, 1, 2]) {
      const changed = parts.with(place, parts[place] + spelling)
      await refused(t, app, changed.join('.'), `${JSON.stringify(spelling)} after part ${place}`)
      const [head = '', body = '', signature = ''] = changed
      const signed = `${head}.${body}.${place === 2 ? signature : sign(`${head}.${body}`, KEY)}`
      await refused(t, app, signed, `${JSON.stringify(spelling)} after part ${place}, signed so`)
    }
  }
  t.test('to the last bit', async (t) => {
    for (const place of [0, 1, 2]) {
      for (const respelt of nonCanonical(parts[place] ?? '')) {
        const changed = parts.with(place, respelt)
        const [head = '', body = '', signature = ''] = changed
        const signed = place === 2 ? signature : sign(`${head}.${body}`, KEY)
        t.same(
          Buffer.from(respelt, 'base64url'),
          Buffer.from(parts[place] ?? '', 'base64url'),
          'lenient decoders agree'
        )
        await refused(t, app, `${head}.${body}.${signed}`, `part ${place} with unused bits`)
      }
    }
  })
  for (const token of [
    parts.slice(0, 2).join('.'),
    `${accessToken}.`,
    `${accessToken}.x`,
    `.${accessToken}`,
    '..',
    '...',
    ''
  ]) {
    await refused(t, app, token, `parts: ${token.split('.').length}`)
  }
  for (const text of ['', 'null', '[]', '1', '"x"', '{', '{"alg":"HS256"', '\0', '\ud800', '{}']) {
    await refused(t, app, forge(text, payload, KEY), `header ${JSON.stringify(text)}`)
    await refused(t, app, forge(header, text, KEY), `payload ${JSON.stringify(text)}`)
  }
})

t.test('JW9 a token of more than 8 KiB is refused before it is looked at', async (t) => {
  const { app, header, payload } = await begin(t)
  const sized = (length: number) => forge(header, { ...payload, filling: 'x'.repeat(length) }, KEY)
  const most = 8192 - (sized(0).length % 4)
  let filling = 5500
  while (sized(filling + 1).length <= most) filling += 1
  await accepted(t, app, sized(filling), `${sized(filling).length} characters`)
  await refused(t, app, sized(filling + 4), `${sized(filling + 4).length} characters`)
  await refused(t, app, sized(1_000_000), 'a megabyte')
})

t.test('RT6 a refresh token is no access token, nor the reverse', async (t) => {
  const { app, accessToken, refreshToken } = await begin(t)
  await refused(t, app, refreshToken, 'a refresh token')
  for (const [body, headers] of [
    [{ refreshToken: accessToken }, {}],
    [{}, { 'x-refresh-token': accessToken }]
  ] as const) {
    const answer = await call(app, { method: 'POST', url: '/auth/refresh', payload: body, headers })
    t.same([answer.status, answer.body.code], [401, 'AUTH_REFRESH_TOKEN_INVALID'])
  }
  await call(app, { method: 'POST', url: '/auth/logout', payload: { refreshToken: accessToken } })
  await call(app, { method: 'POST', url: '/auth/logout', headers: bearer(refreshToken) })
  await accepted(t, app, accessToken, 'the session lives')
})

t.test('a token of another instance is refused: of another secret, issuer or audience', async (t) => {
  const { accessToken } = await signUp(await startApp(t))
  for (const options of [
    { secret: `another ${SECRET}` },
    { issuer: 'another' },
    { audience: 'another' },
    { accessToken: { secret: KEY } }
  ]) {
    await refused(t, await startApp(t, options), accessToken, JSON.stringify(options))
  }
  await accepted(t, await startApp(t), accessToken, 'the same options')
})

/** The same bytes for a lenient decoder: the last character carries bits that no byte uses. */
function nonCanonical(part: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const unused = { 2: 16, 3: 4 }[part.length % 4] ?? 1
  const last = alphabet.indexOf(part.slice(-1))
  return Array.from({ length: unused - 1 }, (_, bits) => part.slice(0, -1) + alphabet[last + bits + 1])
}
