/** Calls from code pass the same schemas as requests, and tell the same failures. */
import t from 'tap'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'

t.test('a wrong input is refused before anything is done', async (t) => {
  const app = await startApp(t)
  const { user } = await signUp(app)
  const { auth } = app
  for (const wrong of [
    () => auth.changeEmail(user.id, { newEmail: 'x@y.com, evil@evil.com\r\nBcc: z@z.com', password: PASSWORD }),
    () => auth.changePassword(user.id, { currentPassword: PASSWORD, newPassword: 7 as never }),
    () => auth.deleteMe(user.id, { password: null as never }),
    () => auth.users.setPassword(user.id, {} as never),
    () => auth.signup({ email: 'nobody', password: PASSWORD }),
    () => auth.login({ email: freshEmail(), password: PASSWORD, more: 1 } as never)
  ]) {
    await t.rejects(async () => void (await wrong()), { code: 'FST_ERR_VALIDATION', message: /^input/ })
  }
})

t.test('the caller\u2019s own object stays as it is', async (t) => {
  const app = await startApp(t)
  const account = Object.freeze({ email: freshEmail(), password: PASSWORD })
  await app.auth.signup(account)
  t.match(await app.auth.login(account), { tokenType: 'Bearer' })
})

t.test('who is not there cannot be changed', async (t) => {
  const app = await startApp(t)
  const nobody = '01a1fc36-6836-7437-9c21-258e8d927416'
  const { users } = app.auth
  for (const verb of [users.get, users.disable, users.enable, users.delete]) {
    await t.rejects(async () => void (await verb(nobody)), { code: 'AUTH_USER_NOT_FOUND' })
  }
  await t.rejects(users.setPassword(nobody, PASSWORD), { code: 'AUTH_USER_NOT_FOUND' })
})

t.test('a token is verified whatever the transport', async (t) => {
  const app = await startApp(t, { transport: 'cookie' })
  const { accessToken, user } = (await app.auth.signup({ email: freshEmail(), password: PASSWORD })) as {
    accessToken: string
    user: { id: string }
  }
  t.match(app.auth.tokens.verify(accessToken), { valid: true, user: { id: user.id } })
})

t.test('a requirement over everything leaves our own routes to themselves', async (t) => {
  const { default: Fastify } = await import('fastify')
  const { authPlugin } = await import('../../src/index.ts')
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(authPlugin, { secret: 'a secret for the whole scope, long enough', storage: 'sqlite::memory:' })
  app.addHook('onRequest', app.authorize({ emailVerified: true }))
  app.get('/protected', async () => 'in')
  const { accessToken } = await signUp(app)
  t.equal((await get(app, '/auth/me', accessToken)).status, 200)
  const refused = await get(app, '/protected', accessToken)
  t.equal(refused.status, 403)
  t.equal(refused.body.code, 'AUTH_FORBIDDEN')
  t.equal((await call(app, { method: 'GET', url: '/protected', headers: bearer('nonsense') })).status, 401)
  t.equal((await post(app, '/auth/login', { email: freshEmail(), password: PASSWORD })).status, 401)
})

t.test('a requirement that nobody could meet is refused where the route is declared', async (t) => {
  const { default: Fastify } = await import('fastify')
  const { authPlugin } = await import('../../src/index.ts')
  for (const options of [{ accessToken: { claims: ['email'] } }, { identifiers: ['username'] }] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(authPlugin, {
      secret: 'a secret that is long enough for this',
      storage: 'sqlite::memory:',
      ...options
    })
    t.throws(() => app.authorize({ emailVerified: true }), /would refuse everybody/)
    t.ok(app.authorize({ fresh: true }))
  }
})

t.test('a requirement that is neither true nor false is refused, for it would not be looked at', async (t) => {
  const app = await startApp(t)
  for (const requirements of [{ emailVerified: 'true' }, { fresh: 1 }, { emailVerified: null }]) {
    t.throws(() => app.authorize(requirements as never), /must be true or false/)
  }
  t.ok(app.authorize({ emailVerified: undefined, fresh: false } as never))
})
