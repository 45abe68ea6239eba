import t from 'tap'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`signing out on ${name}`, async (t) => {
    const app = await startApp(t, { storage: await storage(t) })

    t.test('ends the session of a refresh token: nothing of it works any more', async (t) => {
      const { accessToken, refreshToken } = await signUp(app)
      const answer = await post(app, '/auth/logout', { refreshToken })
      t.equal(answer.status, 204)
      t.equal(answer.text, '')
      t.match((await post(app, '/auth/refresh', { refreshToken })).body, {
        code: 'AUTH_SESSION_ENDED',
        reason: 'logout'
      })
      t.match((await get(app, '/auth/verify', accessToken)).body, { code: 'AUTH_SESSION_ENDED', reason: 'logout' })
      t.equal((await post(app, '/auth/logout', { refreshToken })).status, 204, 'twice is fine')
    })

    t.test('ends the session of an access token alone', async (t) => {
      const { accessToken, refreshToken } = await signUp(app)
      t.equal((await call(app, { method: 'POST', url: '/auth/logout', headers: bearer(accessToken) })).status, 204)
      t.equal((await post(app, '/auth/refresh', { refreshToken })).body.code, 'AUTH_SESSION_ENDED')
    })

    t.test('ends the session of a refresh token that was used before', async (t) => {
      const { refreshToken } = await signUp(app)
      const { body } = await post(app, '/auth/refresh', { refreshToken })
      t.equal((await post(app, '/auth/logout', { refreshToken })).status, 204)
      t.equal((await post(app, '/auth/refresh', { refreshToken: body.refreshToken })).body.code, 'AUTH_SESSION_ENDED')
    })

    t.test('everywhere ends every session of the user, and of nobody else', async (t) => {
      const email = freshEmail()
      const first = await signUp(app, { email })
      const second = (await post(app, '/auth/login', { email, password: PASSWORD })).body
      const other = await signUp(app)
      const answer = await call(app, { method: 'POST', url: '/auth/logout-all', headers: bearer(first.accessToken) })
      t.equal(answer.status, 204)
      for (const accessToken of [first.accessToken, String(second.accessToken)]) {
        t.equal((await get(app, '/protected', accessToken)).body.code, 'AUTH_SESSION_ENDED')
      }
      t.equal((await post(app, '/auth/refresh', { refreshToken: second.refreshToken })).body.code, 'AUTH_SESSION_ENDED')
      t.equal((await get(app, '/protected', other.accessToken)).status, 200)
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200, 'one can sign in again')
    })
  })
}

t.test('any token, or none, is answered 204', async (t) => {
  const app = await startApp(t)
  t.equal((await post(app, '/auth/logout')).status, 204)
  t.equal((await post(app, '/auth/logout', { refreshToken: 'nonsense' })).status, 204)
  t.equal((await call(app, { method: 'POST', url: '/auth/logout', headers: bearer('nonsense') })).status, 204)
})

t.test('an expired access token still signs out', async (t) => {
  let now = Date.now()
  const app = await startApp(t, { clock: () => new Date(now) })
  const { accessToken, refreshToken } = await signUp(app)
  now += 11 * 60_000
  t.equal((await get(app, '/protected', accessToken)).body.code, 'AUTH_ACCESS_TOKEN_EXPIRED')
  t.equal((await call(app, { method: 'POST', url: '/auth/logout', headers: bearer(accessToken) })).status, 204)
  t.equal((await post(app, '/auth/refresh', { refreshToken })).body.code, 'AUTH_SESSION_ENDED')
})

t.test('two different refresh tokens are a conflict that ends nothing', async (t) => {
  const app = await startApp(t)
  const [one, two] = [await signUp(app), await signUp(app)]
  const answer = await post(
    app,
    '/auth/logout',
    { refreshToken: one.refreshToken },
    { 'x-refresh-token': two.refreshToken }
  )
  t.equal(answer.status, 400)
  t.equal(answer.body.code, 'AUTH_TOKENS_CONFLICT')
  for (const { refreshToken } of [one, two]) {
    t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 200)
  }
})

t.test('signing out everywhere needs an access token', async (t) => {
  const app = await startApp(t)
  const answer = await post(app, '/auth/logout-all')
  t.equal(answer.status, 401)
  t.equal(answer.headers['www-authenticate'], 'Bearer')
})
