/** OP2, JW3: secrets are exchanged without signing anybody out, and taking one away signs out whoever still depends on it. */
import t, { type Test } from 'tap'
import type { AuthOptions, SessionAnswer } from '../../src/index.ts'
import { get, post, SECRET, signUp, startApp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { read } from './forge.ts'

const OLD = 'the old secret, which has been in use for years'
const NEW = 'the new secret, which nobody has seen so far'

/** Two ways in which tokens are signed; each test holds for both. */
const ways: Readonly<Record<string, (secrets: string | string[]) => Partial<AuthOptions>>> = {
  secret: (secret) => ({ secret }),
  'accessToken.secret': (secret) => ({ secret: SECRET, accessToken: { secret } })
}

/** One process after another on the same database, each with its own list of secrets. */
function deployments(t: Test, options: (secrets: string | string[]) => Partial<AuthOptions>) {
  const storage = sqliteFile(t)
  return (secrets: string | string[]) => startApp(t, { storage, ...options(secrets) })
}

for (const [name, options] of Object.entries(ways)) {
  t.test(`OP2 rotating \`${name}\``, async (t) => {
    const deploy = deployments(t, options)
    const before = await signUp(await deploy(OLD))
    const kidOf = ({ accessToken }: SessionAnswer) => read(accessToken).header.kid

    const during = await deploy([NEW, OLD])
    t.equal((await get(during, '/protected', before.accessToken)).status, 200, 'what the old one signed is good')
    const refreshed = await post(during, '/auth/refresh', { refreshToken: before.refreshToken })
    t.equal(refreshed.status, 200)
    const session = refreshed.body as unknown as SessionAnswer
    t.not(kidOf(session), kidOf(before), 'the first one signs')

    const reordered = await deploy([OLD, NEW])
    for (const { accessToken } of [before, session]) {
      t.equal((await get(reordered, '/protected', accessToken)).status, 200, 'the order says only which one signs')
    }
    t.equal(kidOf(await signUp(reordered)), kidOf(before), 'a key has the same kid in every place')

    const after = await deploy(NEW)
    t.equal((await get(after, '/protected', session.accessToken)).status, 200)
    t.match(await get(after, '/protected', before.accessToken), {
      status: 401,
      body: { code: 'AUTH_ACCESS_TOKEN_INVALID' }
    })
    t.equal((await post(after, '/auth/refresh', { refreshToken: session.refreshToken })).status, 200)
  })
}

t.test('OP2 a refresh token that a removed secret signed is worth nothing', async (t) => {
  const deploy = deployments(t, (secret) => ({ secret }))
  const { refreshToken } = await signUp(await deploy(OLD))
  const after = await deploy(NEW)
  t.match(await post(after, '/auth/refresh', { refreshToken }), {
    status: 401,
    body: { code: 'AUTH_REFRESH_TOKEN_INVALID' }
  })
  t.equal((await post(after, '/auth/logout', { refreshToken })).status, 204)
  const again = await deploy([NEW, OLD])
  t.equal((await post(again, '/auth/refresh', { refreshToken })).status, 200, 'nor did it end its session')
})

t.test('JW3 of many secrets, of which some share a kid, every one verifies', async (t) => {
  // A kid is one byte: among a hundred keys some are alike, though nobody knows which.
  const deploy = deployments(t, (secret) => ({ secret }))
  const secrets = Array.from({ length: 100 }, (_, index) => `${NEW}, number ${index}`)
  const every = await deploy(secrets)
  const seen = { access: new Set<unknown>(), refresh: new Set<unknown>() }
  const shared = { access: false, refresh: false }
  for (const secret of secrets) {
    const { accessToken, refreshToken } = await signUp(await deploy(secret))
    t.equal((await get(every, '/protected', accessToken)).status, 200)
    t.equal((await post(every, '/auth/refresh', { refreshToken })).status, 200)
    for (const [kind, kid] of [
      ['access', read(accessToken).header.kid],
      ['refresh', Buffer.from(refreshToken.slice('rt_'.length), 'base64url')[1]]
    ] as const) {
      shared[kind] ||= seen[kind].has(kid)
      seen[kind].add(kid)
    }
    if (shared.access && shared.refresh) break
  }
  t.same(shared, { access: true, refresh: true }, 'the test met keys that share a kid')
})
