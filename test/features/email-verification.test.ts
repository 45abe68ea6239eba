import t from 'tap'
import { freshEmail, get, PASSWORD, post, signUp } from '../support/app.ts'
import { eachDatabase, sqliteFile } from '../support/databases.ts'
import { click, seen, startMailApp } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`proving an address on ${name}, when nothing waits for it`, async (t) => {
    const { app, mail } = await startMailApp(t, { storage: await storage(t) })
    const email = freshEmail()
    const { user, accessToken } = await signUp(app, { email })
    t.equal(user.emailVerified, false)
    const letter = await mail.next(email)

    t.test('the link proves it, once, and signs nobody in', async (t) => {
      t.equal((await get(app, '/auth/me', accessToken)).body.emailVerified, false)
      const answer = await click(app, letter)
      t.equal(answer.status, 200)
      t.match(answer.body, { user: { id: user.id, email, emailVerified: true } })
      t.same(Object.keys(answer.body), ['user'])
      t.equal(answer.headers['set-cookie'], undefined)
      t.equal((await get(app, '/auth/me', accessToken)).body.emailVerified, true)
      t.equal((await get(app, '/protected', accessToken)).status, 200, 'the session goes on')

      const again = await click(app, letter)
      t.match([again.status, again.body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'])
    })

    t.test('the letter can be asked for again until the address is proven', async (t) => {
      const other = freshEmail()
      await signUp(app, { email: other })
      const first = await mail.next(other)
      const answers = [email, other, freshEmail()].map((email) => post(app, '/auth/resend-verification', { email }))
      for (const { status, body } of await Promise.all(answers)) {
        t.same([status, body], [202, { status: 'check_email' }])
      }
      await app.auth.mail.flush()
      t.same(
        mail.letters.map(({ to }) => to),
        [[email], [other], [other]]
      )
      t.equal((await click(app, await mail.next(other))).status, 200)
      t.equal((await click(app, first)).status, 200, 'an older letter proves the same')
    })
  })

  t.test(`proving an address on ${name}, when a sign-up waits for it`, async (t) => {
    const { app, mail } = await startMailApp(t, {
      storage: await storage(t),
      identifiers: ['email', 'username'],
      email: { verification: 'required' }
    })
    const events: (string | null)[] = []
    app.auth.events.on('signup', ({ userId }) => events.push(userId))
    const signup = (payload: object) =>
      seen(app, { method: 'POST', url: '/auth/signup', payload: { password: PASSWORD, ...payload } })
    const login = (email: string, password = PASSWORD) => post(app, '/auth/login', { email, password })
    const [control] = await Promise.all([signup({ email: freshEmail(), username: 'control' })])

    t.test('the sign-up waits, the click creates the user, and signing in works from then on', async (t) => {
      const email = freshEmail().replace('user', 'User')
      t.match(await signup({ email, username: 'ada' }), { status: 202, text: '{"status":"check_email"}' })
      t.equal((await get(app, '/auth/users/ada')).status, 404)
      const early = await login(email)
      t.match([early.status, early.body.code], [403, 'AUTH_EMAIL_UNVERIFIED'])
      const wrong = await login(email, 'not the password')
      t.match([wrong.status, wrong.body.code], [401, 'AUTH_CREDENTIALS_INVALID'])

      events.length = 0
      const answer = await click(app, await mail.next(email))
      t.equal(answer.status, 200)
      t.match(answer.body, { user: { email, emailVerified: true, username: 'ada' } })
      t.same(events, [(answer.body.user as { id: string }).id], 'the event is told when the user exists')
      t.equal((await login(email)).status, 200)
      t.equal((await login(email, 'not the password')).status, 401)
    })

    t.test('whoever has the address already gets a letter that says so, and the answer tells nothing', async (t) => {
      const email = freshEmail()
      await signup({ email, username: 'grace' })
      await click(app, await mail.next(email))

      for (const spelling of [email, email.toUpperCase()]) {
        t.same(await signup({ email: spelling, username: 'grace' }), control)
        const letter = await mail.next(email)
        t.match(letter.subject, /You have an account/)
        t.throws(() => tokenOf(letter), 'there is nothing to click on')
      }
    })

    t.test('of several sign-ups for an address, the one whose letter is clicked wins', async (t) => {
      const email = freshEmail()
      await signup({ email, username: 'first1', password: 'the first passphrase' })
      const first = await mail.next(email)
      t.same(await signup({ email, username: 'second2', password: 'the second passphrase' }), control)
      const second = await mail.next(email)
      t.equal((await login(email, 'the second passphrase')).status, 403, 'the newest is compared')
      t.equal((await login(email, 'the first passphrase')).status, 401)

      t.match((await click(app, first)).body, { user: { username: 'first1' } })
      t.equal((await login(email, 'the first passphrase')).status, 200)
      t.equal((await login(email, 'the second passphrase')).status, 401)
      t.equal((await click(app, second)).status, 400)
      t.equal((await get(app, '/auth/users/second2')).status, 404)
    })

    t.test('a username is nobody\u2019s until the click, and another one can be chosen then', async (t) => {
      const [email, rival] = [freshEmail(), freshEmail()]
      await signup({ email, username: 'linus' })
      await signup({ email: rival, username: 'LINUS' })
      t.equal((await click(app, await mail.next(rival))).status, 200)
      const letter = await mail.next(email)
      for (const typed of [{}, { username: 'linus' }, { username: 'grace' }]) {
        const taken = await click(app, letter, typed)
        t.match([taken.status, taken.body.code], [409, 'AUTH_USERNAME_TAKEN'])
      }
      t.equal((await click(app, letter, { username: 'x' })).status, 400, 'the grammar holds here too')
      t.match((await click(app, letter, { username: 'torvalds' })).body, { user: { username: 'torvalds', email } })
      t.equal((await click(app, letter, { username: 'another' })).status, 400, 'and then the link was used')
    })

    t.test('the letter can be asked for again', async (t) => {
      const email = freshEmail()
      await signup({ email, username: 'barbara' })
      await mail.next(email)
      t.same(await post(app, '/auth/resend-verification', { email }).then(({ body }) => body), {
        status: 'check_email'
      })
      t.equal((await click(app, await mail.next(email))).status, 200)
      t.equal((await login(email)).status, 200)
    })
  })
}

t.test('a default of the host\u2019s fields and what they say survive the waiting', async (t) => {
  const properties = { motto: { type: 'string' }, plan: { type: 'string', default: 'free' }, age: { type: 'integer' } }
  const { app, mail } = await startMailApp(t, {
    user: { fields: { type: 'object', properties }, serverOnly: ['plan'] },
    email: { verification: 'required' }
  })
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD, motto: '\u{1f600} "x"', age: 7 })
  t.match((await click(app, await mail.next(email))).body.user, { motto: '\u{1f600} "x"', plan: 'free', age: 7 })
})

t.test('with required, a weak password is refused at sign-up, for every address alike', async (t) => {
  const { app, mail } = await startMailApp(t, { email: { verification: 'required' } })
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  await click(app, await mail.next(email))
  for (const address of [email, freshEmail()]) {
    t.match(await post(app, '/auth/signup', { email: address, password: 'password123' }), {
      status: 422,
      body: { code: 'AUTH_PASSWORD_REJECTED', reason: 'common' }
    })
  }
})

t.test('who signed up while nothing waited must prove the address once it is required', async (t) => {
  const storage = sqliteFile(t)
  const { app: before } = await startMailApp(t, { storage })
  const email = freshEmail()
  await signUp(before, { email })
  await before.close()

  const { app, mail } = await startMailApp(t, { storage, email: { verification: 'required' } })
  const login = (password: string) => post(app, '/auth/login', { email, password })
  t.match((await login(PASSWORD)).body, { statusCode: 403, code: 'AUTH_EMAIL_UNVERIFIED' })
  t.match((await login('not the password')).body, { statusCode: 401, code: 'AUTH_CREDENTIALS_INVALID' })
  await post(app, '/auth/resend-verification', { email })
  t.equal((await click(app, await mail.next(email))).status, 200)
  t.equal((await login(PASSWORD)).status, 200)
})

t.test('without usernames, none can be sent along', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  await signUp(app, { email })
  const letter = await mail.next(email)
  t.match((await click(app, letter, { username: 'ada' })).body, { statusCode: 400, message: /"username"/ })
  t.equal((await click(app, letter)).status, 200)
})

t.test('with verification off there is no letter, and no route', async (t) => {
  const { app, mail } = await startMailApp(t, { email: { verification: 'off' } })
  const email = freshEmail()
  await signUp(app, { email })
  await app.auth.mail.flush()
  t.same(mail.letters, [])
  for (const url of ['/auth/verify-email', '/auth/resend-verification'])
    t.equal((await post(app, url, { email })).status, 404, url)
})
