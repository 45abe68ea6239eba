/**
 * Row 52: the five ways to own an account before its owner comes (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022).
 * Two of them need sign-in through another provider, which there is none of: the Classic-Federated Merge, whose first half,
 * a password from before the owner came, is here all the same, and the Non-Verifying Identity Provider.
 */
import t, { type Test } from 'tap'
import { bearer, freshEmail, get, PASSWORD, post, signUp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { click, startMailApp } from '../support/mail-app.ts'

const STRANGER = 'what the stranger knows'

const start = (t: Test, verification: 'optional' | 'required', storage = sqliteFile(t)) =>
  startMailApp(t, { storage, identifiers: ['email', 'username?'], email: { verification } })

t.test('Classic-Federated Merge, its first half: the password of whoever came first is worth nothing', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: STRANGER })
  await mail.next(email)

  await post(app, '/auth/signup', { email, password: PASSWORD })
  t.equal((await click(app, await mail.next(email))).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test(
  'Unexpired Session Identifier: a sign-up opens no session that could outlive the owner\u2019s coming',
  async (t) => {
    const { app, mail } = await start(t, 'required')
    const email = freshEmail()
    const answer = await post(app, '/auth/signup', { email, password: STRANGER })
    t.same([answer.status, answer.body, answer.headers['set-cookie']], [202, { status: 'check_email' }, undefined])
    const login = await post(app, '/auth/login', { email, password: STRANGER })
    t.same([login.status, login.body.accessToken, login.headers['set-cookie']], [403, undefined, undefined])

    await mail.next(email)
    await post(app, '/auth/signup', { email, password: PASSWORD })
    const { body } = await click(app, await mail.next(email))
    await post(app, '/auth/login', { email, password: PASSWORD })
    const sessions = await app.auth.login({ email, password: PASSWORD })
    const list = await get(app, '/auth/sessions', sessions.accessToken)
    t.equal((list.body.sessions as unknown[]).length, 2, 'the owner\u2019s own two')
    t.equal((body.user as { id: string }).id, sessions.user.id)
  }
)

t.test(
  'Unexpired Session Identifier: the session of an account from before ends with the owner\u2019s reset',
  async (t) => {
    const storage = sqliteFile(t)
    const before = await start(t, 'optional', storage)
    const email = freshEmail()
    const { accessToken, refreshToken } = await signUp(before.app, { email, password: STRANGER })
    await before.mail.next(email)
    await before.app.close()

    const { app, mail } = await start(t, 'required', storage)
    await post(app, '/auth/forgot-password', { email })
    t.equal((await click(app, await mail.next(email), { newPassword: PASSWORD })).status, 204)
    t.equal((await get(app, '/protected', accessToken)).status, 401)
    t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 401)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  }
)

t.test('Trojan Identifier: a name that the stranger added leads to no account of the owner\u2019s', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, username: 'trojan', password: STRANGER })
  await mail.next(email)
  await post(app, '/auth/signup', { email, username: 'owner', password: PASSWORD })
  t.match((await click(app, await mail.next(email))).body, { user: { username: 'owner', email } })

  for (const [username, password] of [
    ['trojan', STRANGER],
    ['trojan', PASSWORD],
    ['owner', STRANGER]
  ])
    t.equal((await post(app, '/auth/login', { username, password })).status, 401)
  t.equal((await get(app, '/auth/users/trojan')).status, 404)
})

t.test('Unexpired Email Change: nobody can begin one before the owner comes', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  const answer = await post(app, '/auth/signup', { email, password: STRANGER })
  const headers = bearer(String(answer.body.accessToken))
  const change = { newEmail: freshEmail(), password: STRANGER }
  t.equal((await post(app, '/auth/change-email', change, headers)).status, 401)
  await app.auth.mail.flush()
  t.same(
    mail.letters.map(({ to }) => to),
    [[email]]
  )
})

t.test('Unexpired Email Change: one that was begun dies with the owner\u2019s reset', async (t) => {
  for (const verification of ['optional', 'required'] as const) {
    const storage = sqliteFile(t)
    const before = await start(t, 'optional', storage)
    const email = freshEmail()
    const strangers = freshEmail()
    const { accessToken } = await signUp(before.app, { email, password: STRANGER })
    await before.mail.next(email)
    const change = { newEmail: strangers, password: STRANGER }
    await post(before.app, '/auth/change-email', change, bearer(accessToken))
    const kept = await before.mail.next(strangers)
    await before.app.close()

    const { app, mail } = await start(t, verification, storage)
    await post(app, '/auth/forgot-password', { email })
    t.equal((await click(app, await mail.next(email), { newPassword: PASSWORD })).status, 204)
    t.equal((await click(app, kept)).status, 400)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    t.equal((await post(app, '/auth/login', { email: strangers, password: STRANGER })).status, 401)
  }
})

t.test('the stranger cannot use up the owner\u2019s letters', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  const letter = await mail.next(email)
  for (let number = 0; number < 10; number += 1) await post(app, '/auth/signup', { email, password: STRANGER })
  t.equal((await click(app, letter)).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
})
