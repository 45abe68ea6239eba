import t from 'tap'
import { bearer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`signing in on ${name}`, async (t) => {
    const app = await startApp(t, { storage: await storage(t) })
    const email = freshEmail()
    const first = await signUp(app, { email })

    const answer = await post(app, '/auth/login', { email: email.toUpperCase(), password: PASSWORD })
    t.equal(answer.status, 200)
    t.same(answer.body.user, first.user, 'the user as at sign-up, the address as it was typed then')
    t.not(answer.body.refreshToken, first.refreshToken, 'a session of its own')
    t.equal((await get(app, '/protected', String(answer.body.accessToken))).status, 200)

    t.test('an unknown account and a wrong password are one answer', async (t) => {
      const wrong = await post(app, '/auth/login', { email, password: 'not the password' })
      const unknown = await post(app, '/auth/login', { email: freshEmail(), password: PASSWORD })
      t.equal(wrong.status, 401)
      t.match(wrong.body, { code: 'AUTH_CREDENTIALS_INVALID' })
      t.same(wrong.text, unknown.text)
      t.equal(wrong.headers['www-authenticate'], undefined, 'no client refreshes because of it')
    })

    t.test('a disabled account learns so only with the right password', async (t) => {
      const email = freshEmail()
      const { user, accessToken, refreshToken } = await signUp(app, { email })
      await app.auth.users.disable(user.id)

      t.match((await post(app, '/auth/login', { email, password: PASSWORD })).body, {
        statusCode: 403,
        code: 'AUTH_ACCOUNT_DISABLED'
      })
      t.match((await post(app, '/auth/login', { email, password: 'not the password' })).body, {
        code: 'AUTH_CREDENTIALS_INVALID'
      })
      t.match((await get(app, '/auth/verify', accessToken)).body, { code: 'AUTH_SESSION_ENDED', reason: 'disabled' })
      t.match((await post(app, '/auth/refresh', { refreshToken })).body, {
        code: 'AUTH_SESSION_ENDED',
        reason: 'disabled'
      })

      await app.auth.users.enable(user.id)
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    })
  })
}

t.test('sign-in takes exactly one of the identifiers', async (t) => {
  const app = await startApp(t, { identifiers: ['email', 'username'] })
  const email = freshEmail()
  await signUp(app, { email, username: 'Ada' })

  t.equal((await post(app, '/auth/login', { username: 'aDA', password: PASSWORD })).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  for (const identifiers of [{}, { email, username: 'Ada' }]) {
    const answer = await post(app, '/auth/login', { ...identifiers, password: PASSWORD })
    t.equal(answer.status, 400)
    t.match(answer.body, { code: 'FST_ERR_VALIDATION', message: /email, username/ })
  }
})

t.test('an identifier that the options do not list is unknown', async (t) => {
  const app = await startApp(t)
  const answer = await post(app, '/auth/login', { username: 'ada', password: PASSWORD })
  t.equal(answer.status, 400)
})

t.test('a password is compared whole and unchanged, in whatever form Unicode spells it', async (t) => {
  const app = await startApp(t)
  const email = freshEmail()
  await signUp(app, { email, password: ' Cr\u00e8me br\u00fbl\u00e9e ' })
  t.equal((await post(app, '/auth/login', { email, password: ' Cre\u0300me bru\u0302le\u0301e ' })).status, 200)
  for (const password of [
    'Cr\u00e8me br\u00fbl\u00e9e',
    ' cr\u00e8me br\u00fbl\u00e9e ',
    ' Cr\u00e8me br\u00fbl\u00e9e'
  ]) {
    t.equal((await post(app, '/auth/login', { email, password })).status, 401)
  }
})

t.test('PW10 a hash of weaker parameters is replaced after the next sign-in, and only then', async (t) => {
  const { sqliteFile } = await import('../support/databases.ts')
  const storage = sqliteFile(t)
  const email = freshEmail()
  const weak = await startApp(t, { storage, password: { argon2: { memoryCost: 8192 } } })
  await signUp(weak, { email })
  await weak.close()

  const stored = async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(storage.slice('sqlite:'.length))
    const row = database.prepare('select password_hash from auth_users').get()
    database.close()
    return String(row?.password_hash)
  }
  t.match(await stored(), /m=8192,/)

  const app = await startApp(t, { storage })
  t.equal((await post(app, '/auth/login', { email, password: 'not the password' })).status, 401)
  t.match(await stored(), /m=8192,/)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  await app.close()
  t.match(await stored(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)

  const again = await startApp(t, { storage })
  t.equal((await post(again, '/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test('SE3 every sign-in has a session id of its own; one that a client brings is ignored', async (t) => {
  const app = await startApp(t)
  const email = freshEmail()
  const { accessToken } = await signUp(app, { email })
  const first = await get(app, '/protected', accessToken)
  const answer = await post(app, '/auth/login', { email, password: PASSWORD }, bearer(accessToken))
  const second = await get(app, '/protected', String(answer.body.accessToken))
  t.not(first.body.sessionId, second.body.sessionId)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD, sessionId: 'x' })).status, 400)
})
