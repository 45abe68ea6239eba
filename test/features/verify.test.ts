import t from 'tap'
import { bearer, call, get, signUp, startApp } from '../support/app.ts'

t.test('answers with what request.user would be, and until when', async (t) => {
  const app = await startApp(t)
  const { accessToken } = await signUp(app)
  const { status, body } = await get(app, '/auth/verify', accessToken)
  t.equal(status, 200)
  t.equal(body.valid, true)
  t.same(body.user, (await get(app, '/protected', accessToken)).body)
  const left = Date.parse(String(body.expiresAt)) - Date.now()
  t.ok(left > 590_000 && left <= 600_000)
})

t.test('refuses as a guard does', async (t) => {
  let now = Date.now()
  const app = await startApp(t, { clock: () => new Date(now) })
  const { accessToken } = await signUp(app)

  for (const [headers, code, challenge] of [
    [{}, 'AUTH_ACCESS_TOKEN_MISSING', /^Bearer$/],
    [{ authorization: 'Basic YTpi' }, 'AUTH_ACCESS_TOKEN_MISSING', /^Bearer$/],
    [bearer('nonsense'), 'AUTH_ACCESS_TOKEN_INVALID', /^Bearer error="invalid_token", error_description="[^"]+"$/],
    [{ authorization: 'Bearer' }, 'AUTH_ACCESS_TOKEN_INVALID', /invalid_token/]
  ] as const) {
    const answer = await call(app, { method: 'GET', url: '/auth/verify', headers })
    t.equal(answer.status, 401)
    t.equal(answer.body.code, code)
    t.match(answer.headers['www-authenticate'], challenge)
    t.same(answer.body, (await call(app, { method: 'GET', url: '/protected', headers })).body)
  }

  now += 600_000
  const expired = await get(app, '/auth/verify', accessToken)
  t.equal(expired.body.code, 'AUTH_ACCESS_TOKEN_EXPIRED')
  t.match(expired.headers['www-authenticate'], /invalid_token/)
})

t.test('works from code, without a request', async (t) => {
  const app = await startApp(t)
  const { accessToken, user } = await signUp(app)
  t.match(app.auth.tokens.verify(accessToken), { valid: true, user: { id: user.id, email: user.email } })
  t.throws(() => app.auth.tokens.verify('nonsense'), { code: 'AUTH_ACCESS_TOKEN_INVALID' })
})

t.test('the claims are the host\u2019s to choose', async (t) => {
  const none = await startApp(t, { accessToken: { claims: [] } })
  t.same(Object.keys((await get(none, '/protected', (await signUp(none)).accessToken)).body), ['id', 'sessionId'])

  const own = await startApp(t, {
    accessToken: { claims: (user) => ({ tenant: { id: 7 }, sub: 'somebody else', iss: 'me', id: 'x', of: user.id }) }
  })
  const { user, accessToken } = await signUp(own)
  const { body } = await get(own, '/protected', accessToken)
  t.match(body, { id: user.id, tenant: { id: 7 }, of: user.id }, 'but not the registered ones')
})
