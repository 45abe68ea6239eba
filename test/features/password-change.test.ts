import t from 'tap'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { setCookies, signUpInBrowser } from '../support/browser.ts'
import { eachDatabase, postgresDatabase } from '../support/databases.ts'
import { CHEAP, startMailApp } from '../support/mail-app.ts'

const NEW_PASSWORD = 'another good passphrase'

for (const { name, storage } of eachDatabase) {
  t.test(`changing the password on ${name}`, async (t) => {
    const { app, mail } = await startMailApp(t, { storage: await storage(t) })
    const email = freshEmail()
    const here = await signUp(app, { email })
    await mail.next(email)
    const there = await post(app, '/auth/login', { email, password: PASSWORD })
    const change = (body: object, token = here.accessToken) => post(app, '/auth/change-password', body, bearer(token))

    t.test('takes the current password and a good new one', async (t) => {
      const wrong = await change({ currentPassword: 'not the password', newPassword: NEW_PASSWORD })
      t.match([wrong.status, wrong.body.code], [401, 'AUTH_CREDENTIALS_INVALID'])
      t.equal(wrong.headers['www-authenticate'], undefined, 'no client refreshes because of it')
      const weak = await change({ currentPassword: PASSWORD, newPassword: email })
      t.match([weak.status, weak.body.code, weak.body.reason], [422, 'AUTH_PASSWORD_REJECTED', 'context'])
      const weakAndWrong = await change({ currentPassword: 'not the password', newPassword: 'short' })
      t.equal(weakAndWrong.status, 401)
      t.equal((await get(app, '/protected', here.accessToken)).status, 200, 'a failure ends nothing')
    })

    t.test('every session ends, this one too, and a new one opens', async (t) => {
      const answer = await change({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
      t.equal(answer.status, 200)
      t.same(Object.keys(answer.body), ['user', 'accessToken', 'refreshToken', 'tokenType', 'expiresIn'])
      const { accessToken, refreshToken } = answer.body
      t.equal((await get(app, '/protected', String(accessToken))).status, 200)
      t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 200)

      const ended = { code: 'AUTH_SESSION_ENDED', reason: 'password-changed' }
      for (const { accessToken, refreshToken } of [here, there.body]) {
        t.match((await get(app, '/auth/verify', String(accessToken))).body, ended)
        t.match((await post(app, '/auth/refresh', { refreshToken })).body, ended)
      }
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 401)
      t.equal((await post(app, '/auth/login', { email, password: NEW_PASSWORD })).status, 200)
      t.match((await mail.next(email)).subject, /password .* was changed/, 'AU10 and the user is told')
    })
  })
}

t.test('without a token nobody changes anything', async (t) => {
  const app = await startApp(t)
  const answer = await post(app, '/auth/change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
  t.match([answer.status, answer.body.code], [401, 'AUTH_ACCESS_TOKEN_MISSING'])
  t.equal(answer.headers['www-authenticate'], 'Bearer')
})

t.test('of many changes at once, one is made', async (t) => {
  const app = await startApp(t, { storage: await postgresDatabase(t), password: CHEAP })
  const email = freshEmail()
  const { accessToken } = await signUp(app, { email })
  const passwords = Array.from({ length: 20 }, (_, number) => `passphrase number ${number}`)
  const answers = await Promise.all(
    passwords.map((newPassword) =>
      post(app, '/auth/change-password', { currentPassword: PASSWORD, newPassword }, bearer(accessToken))
    )
  )
  const changed = answers.flatMap(({ status }, place) => (status === 200 ? [place] : []))
  t.equal(changed.length, 1)
  // 503 asks to try again: what was proven a moment ago is not true any more.
  t.same(
    [...new Set(answers.map(({ status }) => status))].filter((status) => ![200, 401, 503].includes(status)),
    []
  )
  const winner = passwords[changed[0] ?? -1]
  t.equal((await post(app, '/auth/login', { email, password: winner })).status, 200)
})

t.test('the answer travels as the session did', async (t) => {
  const app = await startApp(t, { transport: ['cookie', 'bearer'], password: CHEAP })
  const origin = { 'sec-fetch-site': 'same-origin' }
  const signed = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD }, origin)
  const cookie = [signed.headers['set-cookie']]
    .flat()
    .map((each) => String(each).split(';')[0])
    .join('; ')
  const payload = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  const change = (headers: object) =>
    call(app, { method: 'POST', url: '/auth/change-password', payload, headers: { cookie, ...headers } })

  t.equal((await change({ 'sec-fetch-site': 'cross-site' })).status, 403)
  const answer = await change(origin)
  t.equal(answer.status, 200)
  t.same(Object.keys(answer.body), ['user', 'expiresIn'])
  t.match([answer.headers['set-cookie']].flat(), [/^__Host-access=/, /^__Host-refresh=/])
})

t.test('a browser that was to forget the session forgets the new one too', async (t) => {
  for (const { name, storage } of eachDatabase) {
    const app = await startApp(t, { storage: await storage(t), transport: 'cookie', password: CHEAP })
    const { browser, email } = await signUpInBrowser(app)
    for (const remember of [false, true, false]) {
      await browser.post('/auth/login', { email, password: PASSWORD, remember })
      const answer = await browser.post('/auth/change-password', { currentPassword: PASSWORD, newPassword: PASSWORD })
      t.equal(answer.status, 200)
      for (const { name: cookie, attributes } of [
        ...setCookies(answer),
        ...setCookies(await browser.post('/auth/refresh'))
      ])
        t.equal(
          attributes.some((attribute) => attribute.startsWith('Max-Age')),
          remember,
          `${cookie} on ${name}`
        )
    }
  }
})

t.test('it works where no mail can be sent', async (t) => {
  const app = await startApp(t, { identifiers: ['username'], password: CHEAP })
  const { body } = await post(app, '/auth/signup', { username: 'ada', password: PASSWORD })
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  t.equal((await post(app, '/auth/change-password', change, bearer(String(body.accessToken)))).status, 200)
})

t.test('from code: with the same errors, for a user by id', async (t) => {
  const app = await startApp(t, { password: CHEAP })
  const { user } = await signUp(app)
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  await t.rejects(app.auth.changePassword(user.id, { ...change, currentPassword: 'x' }), {
    code: 'AUTH_CREDENTIALS_INVALID'
  })
  await t.rejects(app.auth.changePassword('nobody', change), { code: 'AUTH_CREDENTIALS_INVALID' })
  t.match(await app.auth.changePassword(user.id, change), { user: { id: user.id }, refreshToken: /^rt_/ })
})
