/** LG2: nothing that opens an account stands in a log, at any level, on any path. */
import t, { type Test } from 'tap'
import type { SessionAnswer } from '../../src/index.ts'
import { bearer, call, freshEmail, get, PASSWORD, post, SECRET, startApp } from '../support/app.ts'
import { ownCluster, sqliteFile } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'

const KEY = 'the key of access tokens, for this test'

/** Everything that must stay secret, and everything that was written, as bytes and as JSON would spell them. */
function vault() {
  const secrets = new Set<string>([SECRET, KEY])
  const lines: string[] = []
  return {
    keep(...texts: unknown[]) {
      for (const text of texts) if (typeof text === 'string' && text.length >= 8) secrets.add(text)
    },
    server: { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } },
    lines,
    leaks(): string[] {
      const written = lines.join('')
      const spellings = (secret: string) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
      return [...secrets].filter((secret) => spellings(secret).some((spelling) => written.includes(spelling)))
    }
  }
}

type Vault = ReturnType<typeof vault>

const start = (t: Test, storage: string, { server }: Vault) =>
  startApp(
    t,
    {
      storage,
      // Without one, letters stand in the log outside production.
      mailer: async () => {},
      accessToken: { secret: KEY },
      user: { fields: { type: 'object', properties: { motto: { type: 'string' } } } }
    },
    server
  )

function keepSession(secrets: Vault, body: object): SessionAnswer {
  const session = body as SessionAnswer
  const { accessToken, refreshToken } = session
  secrets.keep(accessToken, refreshToken, ...(accessToken?.split('.').slice(2) ?? []), refreshToken?.slice(-40))
  return session
}

t.test('the measure works: a log line with a secret in it is noticed', async (t) => {
  const secrets = vault()
  const app = await start(t, sqliteFile(t), secrets)
  secrets.keep(PASSWORD)
  t.same(secrets.leaks(), [])
  app.log.info({ body: { password: PASSWORD } }, 'a mistake')
  t.same(secrets.leaks(), [PASSWORD])
})

t.test('LG2 no password, token, key or hash is logged on any path through the routes', async (t) => {
  const secrets = vault()
  const storage = sqliteFile(t)
  const app = await start(t, storage, secrets)
  const email = freshEmail()
  const passwords = {
    right: 'a right passphrase "quoted"',
    wrong: 'a wrong passphrase',
    weak: 'password123',
    long: 'y'.repeat(300)
  }
  secrets.keep(...Object.values(passwords))

  const signedUp = await post(app, '/auth/signup', { email, password: passwords.right, motto: 'x' })
  t.equal(signedUp.status, 201)
  const { accessToken, refreshToken } = keepSession(secrets, signedUp.body)
  const paths = [
    () => post(app, '/auth/signup', { email, password: passwords.right }),
    () => post(app, '/auth/signup', { email: freshEmail(), password: passwords.weak }),
    () => post(app, '/auth/signup', { email: passwords.wrong, password: passwords.right }),
    () => post(app, '/auth/signup', { email: freshEmail(), password: { [passwords.wrong]: passwords.right } }),
    () => post(app, '/auth/signup', { [passwords.wrong]: passwords.right }),
    () => post(app, '/auth/login', { email, password: passwords.right }),
    () => post(app, '/auth/login', { email, password: passwords.wrong }),
    () => post(app, '/auth/login', { email, password: passwords.long }),
    () => post(app, '/auth/login', { email, password: `${passwords.wrong}\0` }),
    () => broken('/auth/login', `{"email":"${email}","password":${JSON.stringify(passwords.right)}`),
    () => broken('/auth/login', `{"password":"${passwords.wrong}" oops}`),
    () => broken('/auth/refresh', `{"refreshToken":"${refreshToken}`),
    () => broken('/auth/refresh', `{"__proto__":"${refreshToken}"}`),
    () => post(app, '/auth/refresh', { refreshToken }),
    () => post(app, '/auth/refresh', { refreshToken: refreshToken.slice(0, -1) }),
    () => post(app, '/auth/refresh', { refreshToken: [refreshToken] }),
    () => post(app, '/auth/refresh', { token: refreshToken }),
    () => post(app, '/auth/refresh', {}, { 'x-refresh-token': refreshToken }),
    () => post(app, '/auth/refresh', { refreshToken: `${refreshToken}x` }, { 'x-refresh-token': refreshToken }),
    () => get(app, '/protected', accessToken),
    () => get(app, '/protected', `${accessToken}x`),
    () => get(app, '/auth/verify', accessToken),
    () => get(app, '/auth/me', accessToken),
    () => patch({ motto: 'y' }),
    () => patch({ motto: 5, password: passwords.wrong }),
    () => get(app, '/auth/nothing', accessToken),
    () => post(app, '/auth/logout', { refreshToken }),
    () => post(app, '/auth/refresh', { refreshToken }),
    () => get(app, '/protected', accessToken),
    () => call(app, { method: 'POST', url: '/auth/logout-all', headers: bearer(accessToken) })
  ]
  function broken(url: string, payload: string) {
    return call(app, { method: 'POST', url, payload, headers: { 'content-type': 'application/json' } })
  }
  function patch(payload: object) {
    return call(app, { method: 'PATCH', url: '/auth/me', payload, headers: bearer(accessToken) })
  }
  const statuses = new Set([signedUp.status])
  for (const path of paths) {
    const { status, body } = await path()
    statuses.add(status)
    keepSession(secrets, body)
  }
  // A fault, whose cause is logged with all that the database says.
  await runSql(storage, 'alter table auth_users rename to elsewhere')
  for (const path of paths.slice(0, 6)) statuses.add((await path()).status)
  for (const { password_hash } of await runSql(storage, 'select password_hash from elsewhere'))
    secrets.keep(password_hash)
  for (const { secret_digest } of await runSql(storage, 'select secret_digest from auth_sessions'))
    secrets.keep(secret_digest)

  t.same([...statuses].sort(), [200, 201, 204, 400, 401, 404, 409, 422, 500], 'every kind of answer was met')
  t.ok(secrets.lines.length > 2 * paths.length, `${secrets.lines.length} lines were written`)
  t.same(secrets.leaks(), [])
  t.notOk(secrets.lines.join('').includes(email), 'nor the address')
})

t.test('LG2 nor when storage fails, whose address has a password in it', async (t) => {
  const secrets = vault()
  const cluster = await ownCluster(t)
  const url = new URL(cluster.url)
  // The server trusts its socket; the driver carries the password all the same.
  url.password = 'the-password-of-the-database'
  secrets.keep(url.password, url.href)
  const app = await start(t, url.href, secrets)
  const email = freshEmail()
  const { accessToken, refreshToken } = keepSession(
    secrets,
    (await post(app, '/auth/signup', { email, password: PASSWORD })).body
  )
  secrets.keep(PASSWORD)

  cluster.killNine()
  for (const path of [
    () => post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD }),
    () => post(app, '/auth/login', { email, password: PASSWORD }),
    () => post(app, '/auth/refresh', { refreshToken }),
    () => post(app, '/auth/logout', { refreshToken }),
    () => get(app, '/auth/me', accessToken)
  ]) {
    const { status, body } = await path()
    t.match([status, body.code], [503, 'AUTH_UNAVAILABLE'])
  }
  t.ok(
    secrets.lines.some((line) => JSON.parse(line).level >= 50),
    'the outage is logged'
  )
  t.same(secrets.leaks(), [])
})
