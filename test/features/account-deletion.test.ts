import t from 'tap'
import type { SessionAnswer } from '../../src/index.ts'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'
import { everything } from '../support/tables.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`deleting the own account on ${name}`, async (t) => {
    const url = await storage(t)
    const { app, mail } = await startMailApp(t, { storage: url, identifiers: ['email', 'username'] })
    const email = freshEmail()
    const here = await signUp(app, { email, username: 'lovelace' })
    const there = await post(app, '/auth/login', { email, password: PASSWORD })
    const verification = await mail.next(email)
    await post(app, '/auth/forgot-password', { email })
    const reset = await mail.next(email)
    const remove = (payload: object, headers = bearer(here.accessToken)) =>
      call(app, { method: 'DELETE', url: '/auth/me', payload, headers })

    t.test('takes the password', async (t) => {
      const wrong = await remove({ password: 'not the password' })
      t.match([wrong.status, wrong.body.code], [401, 'AUTH_CREDENTIALS_INVALID'])
      t.equal(wrong.headers['www-authenticate'], undefined)
      t.equal((await remove({})).status, 400)
      t.equal((await get(app, '/auth/me', here.accessToken)).status, 200)
    })

    t.test('every token dies at once, and a notice goes out', async (t) => {
      const done = await remove({ password: PASSWORD })
      t.same([done.status, done.text], [204, ''])
      const deleted = { statusCode: 401, code: 'AUTH_SESSION_ENDED', reason: 'deleted' }
      for (const { accessToken, refreshToken } of [here, there.body]) {
        t.equal((await get(app, '/protected', String(accessToken))).status, 401)
        t.match((await get(app, '/auth/verify', String(accessToken))).body, deleted)
        t.match((await get(app, '/auth/me', String(accessToken))).body, deleted)
        t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 401)
      }
      t.equal((await remove({ password: PASSWORD })).status, 401)
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 401)
      t.match((await mail.next(email)).subject, /was deleted/, 'AU10')
      t.equal((await click(app, verification)).status, 400)
      t.equal((await click(app, reset, { newPassword: 'another good passphrase' })).status, 400)
      t.equal((await get(app, '/auth/users/lovelace')).status, 404)
      await post(app, '/auth/forgot-password', { email })
    })

    t.test('and nothing of the user is left in any table but what happened to an id', async (t) => {
      await app.auth.mail.flush()
      t.equal(mail.letters.length, 3, 'nor is there anybody to write to')
      const events = await app.auth.events.list({ userId: here.user.id })
      t.same(
        events.map(({ name }) => name),
        ['user-deleted', 'password-failed', 'login', 'signup']
      )
      await app.close()
      const left = await everything(url)
      const personal = left.filter(
        ({ value }) => /lovelace|lightMyRequest|127\.0\.0\.1/.test(value) || value.includes(email)
      )
      t.same(personal, [])
      const named = left.filter(({ value }) => value === here.user.id).map(({ table, column }) => `${table}.${column}`)
      t.same([...new Set(named)], ['auth_events.user_id'])
    })
  })
}

t.test('nor of an address that had to be proven, and that a stranger tried', async (t) => {
  const url = sqliteFile(t)
  const { app, mail } = await startMailApp(t, { storage: url, email: { verification: 'required' } })
  const email = freshEmail()
  const sign = (password: string) => post(app, '/auth/signup', { email, password })
  await sign('a stranger knows this')
  await mail.next(email)
  await sign(PASSWORD)
  t.equal((await click(app, await mail.next(email))).status, 200)
  const { body } = await post(app, '/auth/login', { email, password: PASSWORD })
  const { user, accessToken } = body as unknown as SessionAnswer
  await sign('a stranger knows this')
  t.match((await mail.next(email)).subject, /have an account/)
  await mail.behave('refuse')
  for (let again = 0; again < 7; again++) await sign('a stranger knows this')
  await app.auth.mail.flush()
  const payload = { password: PASSWORD }
  const request = { method: 'DELETE', url: '/auth/me', payload, headers: bearer(accessToken) } as const
  t.equal((await call(app, request)).status, 204)
  await mail.behave('well')
  // What was under way at the first is due at the second.
  await app.auth.mail.flush()
  await app.auth.mail.flush()
  t.match((await mail.next(email)).subject, /was deleted/)
  await app.auth.mail.flush()
  await app.close()
  const left = (await everything(url)).filter(({ value }) => /argon2id/.test(value) || value.includes(email))
  t.same(left, [])
  t.ok((await everything(url)).some(({ value }) => value === user.id))
})

t.test('address and username are free again', async (t) => {
  const { app } = await startMailApp(t, { identifiers: ['email', 'username'] })
  const account = { email: freshEmail(), username: 'ada' }
  const { accessToken } = await signUp(app, account)
  await call(app, { method: 'DELETE', url: '/auth/me', payload: { password: PASSWORD }, headers: bearer(accessToken) })
  await signUp(app, account)
})

t.test('a browser\u2019s cookies go too', async (t) => {
  const app = await startApp(t, { transport: 'cookie', password: CHEAP })
  const origin = { 'sec-fetch-site': 'same-origin' }
  const signed = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD }, origin)
  const cookie = [signed.headers['set-cookie']]
    .flat()
    .map((each) => String(each).split(';')[0])
    .join('; ')
  const payload = { password: PASSWORD }
  const remove = (headers: object) =>
    call(app, { method: 'DELETE', url: '/auth/me', payload, headers: { cookie, ...headers } })
  t.equal((await remove({ 'sec-fetch-site': 'cross-site' })).status, 403)
  const { status, headers } = await remove(origin)
  t.equal(status, 204)
  t.match([headers['set-cookie']].flat(), [
    /^__Host-access=;.*Max-Age=0|Expires=Thu, 01 Jan 1970/i,
    /^__Host-refresh=;/
  ])
})

t.test('from code, for a user by id', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  const { user, accessToken } = await signUp(app, { email })
  await mail.next(email)
  const events: unknown[] = []
  app.auth.events.on('user-deleted', (event) => events.push(event))
  await t.rejects(app.auth.deleteMe(user.id, { password: 'x' }), { code: 'AUTH_CREDENTIALS_INVALID' })
  await app.auth.deleteMe(user.id, { password: PASSWORD }, { userAgent: 'a test' })
  t.match(events, [{ userId: user.id, userAgent: 'a test' }])
  t.equal((await get(app, '/protected', accessToken)).status, 401)
  await mail.next(email)
})
