import t from 'tap'
import { freshEmail, get, PASSWORD, post, signUp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'

const NEW_PASSWORD = 'another good passphrase'

for (const { name, storage } of eachDatabase) {
  t.test(`a forgotten password on ${name}`, async (t) => {
    const { app, mail } = await startMailApp(t, { storage: await storage(t), email: { appName: 'Example' } })
    const email = freshEmail().replace('user', 'User')
    const first = await signUp(app, { email })
    const second = await post(app, '/auth/login', { email, password: PASSWORD })
    const verification = await mail.next(email)

    t.test('EM9 asking for a letter changes nothing', async (t) => {
      for (const asked of [email.toUpperCase(), freshEmail()]) {
        const { status, body } = await post(app, '/auth/forgot-password', { email: asked })
        t.same([status, body], [202, { status: 'check_email' }])
      }
      await app.auth.mail.flush()
      t.equal((await get(app, '/auth/me', first.accessToken)).body.updatedAt, first.user.updatedAt)
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    })

    t.test('the link sets a new password, once; every session ends and none opens', async (t) => {
      const older = await mail.next(email)
      t.equal((await post(app, '/auth/request-password-reset', { email })).status, 202, 'the alias')
      const letter = await mail.next(email)
      t.match(letter.subject, /Choose a new password for Example/)

      for (const [newPassword, reason] of [
        ['short', 'too-short'],
        ['password123', 'common'],
        [email, 'context'],
        ['Example', 'too-short']
      ]) {
        const weak = await click(app, letter, { newPassword })
        t.match([weak.status, weak.body.code, weak.body.reason], [422, 'AUTH_PASSWORD_REJECTED', reason])
      }
      const done = await click(app, letter, { newPassword: NEW_PASSWORD })
      t.same([done.status, done.text, done.headers['set-cookie']], [204, '', undefined])

      const ended = { statusCode: 401, code: 'AUTH_SESSION_ENDED', reason: 'password-changed' }
      for (const { accessToken, refreshToken } of [first, second.body]) {
        t.match((await get(app, '/auth/verify', String(accessToken))).body, ended)
        t.match((await post(app, '/auth/refresh', { refreshToken })).body, ended)
      }
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 401)
      const login = await post(app, '/auth/login', { email, password: NEW_PASSWORD })
      t.equal(login.status, 200)
      t.equal((login.body.user as { emailVerified: boolean }).emailVerified, true, 'the click proved the address')

      t.match((await mail.next(email)).subject, /Your password at Example was changed/)
      for (const [other, newPassword] of [[letter], [older]].map(([each]) => [each, PASSWORD] as const)) {
        const again = await click(app, other ?? letter, { newPassword })
        t.match([again.status, again.body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'])
      }
      t.equal((await click(app, verification)).status, 400, 'every other letter\u2019s token died with it')
      t.equal((await get(app, '/protected', String(login.body.accessToken))).status, 200)
    })
  })
}

t.test('the token is looked at before the password, and before anything is computed', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  await signUp(app, { email })
  await mail.next(email)
  await post(app, '/auth/forgot-password', { email })
  const letter = await mail.next(email)
  const token = tokenOf(letter)
  t.equal((await click(app, letter, { newPassword: NEW_PASSWORD })).status, 204)
  for (const bad of [token, 'nonsense', '']) {
    const answer = await post(app, '/auth/reset-password', { token: bad, newPassword: 'weak' })
    t.match([answer.status, answer.body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'])
  }
})

t.test('too busy to hash is a 503, after which the same link works', async (t) => {
  const { app, mail } = await startMailApp(t, {
    // Long enough for what comes at the same time to find it busy.
    password: { argon2: { timeCost: 20 }, hashing: { concurrency: 1, queue: 0 } }
  })
  const email = freshEmail()
  await signUp(app, { email })
  await mail.next(email)
  await post(app, '/auth/forgot-password', { email })
  const letter = await mail.next(email)
  const reset = () => post(app, '/auth/reset-password', { token: tokenOf(letter), newPassword: NEW_PASSWORD })

  const busy = Array.from({ length: 40 }, () => post(app, '/auth/login', { email, password: PASSWORD }))
  const shed = await reset()
  await Promise.all(busy)
  t.match([shed.status, shed.body.code], [503, 'AUTH_OVERLOADED'])
  t.match(shed.headers['retry-after'], /^[1-5]$/)
  t.equal((await reset()).status, 204)
})

t.test('a reset is the cure for a sign-up that somebody else made', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  const stranger = await signUp(app, { email, password: 'what the stranger knows' })
  await mail.next(email)
  await post(app, '/auth/forgot-password', { email })
  t.equal((await click(app, await mail.next(email), { newPassword: NEW_PASSWORD })).status, 204)
  t.equal((await post(app, '/auth/refresh', { refreshToken: stranger.refreshToken })).status, 401)
  t.equal((await post(app, '/auth/login', { email, password: 'what the stranger knows' })).status, 401)
})

t.test('from code: the same verbs, the same errors', async (t) => {
  const { app, mail } = await startMailApp(t, { password: CHEAP })
  const email = freshEmail()
  await signUp(app, { email })
  await mail.next(email)
  t.same(await app.auth.forgotPassword({ email }), { status: 'check_email' })
  const token = tokenOf(await mail.next(email))
  await t.rejects(app.auth.resetPassword({ token, newPassword: 'short' }), { code: 'AUTH_PASSWORD_REJECTED' })
  const events: unknown[] = []
  app.auth.events.on('password-changed', (event) => events.push(event))
  await app.auth.resetPassword({ token, newPassword: NEW_PASSWORD }, { ip: '192.0.2.1' })
  t.match(events, [{ ip: '192.0.2.1', userId: /-/, sessionId: null }])
  await t.rejects(app.auth.resetPassword({ token, newPassword: NEW_PASSWORD }), { code: 'AUTH_ONE_TIME_TOKEN_INVALID' })
})
