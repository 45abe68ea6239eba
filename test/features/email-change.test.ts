import t from 'tap'
import { bearer, freshEmail, get, PASSWORD, post, type signUp as SignUp, signUp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'
import { click, seen, startMailApp } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'

type Session = Awaited<ReturnType<typeof SignUp>>

for (const { name, storage } of eachDatabase) {
  t.test(`changing the address on ${name}`, async (t) => {
    const { app, mail } = await startMailApp(t, { storage: await storage(t), email: { appName: 'Example' } })
    const newcomer = async (email = freshEmail()) => {
      const session = await signUp(app, { email })
      await mail.next(email)
      return { email, ...session }
    }
    const change = (who: Session, newEmail: string, password = PASSWORD) =>
      post(app, '/auth/change-email', { newEmail, password }, bearer(who.accessToken))

    t.test('the new address gets the link, and until its click nothing changes', async (t) => {
      const here = await newcomer()
      const { email } = here
      const there = await post(app, '/auth/login', { email, password: PASSWORD })
      const newEmail = freshEmail().replace('user', 'New.User')
      const { status, body } = await change(here, newEmail)
      t.same([status, body], [202, { status: 'check_email' }])
      const letter = await mail.next(newEmail)
      t.match(letter.subject, /Confirm your new e-mail address for Example/)
      t.equal((await get(app, '/auth/me', here.accessToken)).body.email, email)
      t.equal((await post(app, '/auth/login', { email: newEmail, password: PASSWORD })).status, 401)

      const confirmed = await click(app, letter)
      t.equal(confirmed.status, 200)
      t.match(confirmed.body, { user: { id: here.user.id, email: newEmail, emailVerified: true } })
      t.same(Object.keys(confirmed.body), ['user'])
      const notice = await mail.next(email)
      t.match(notice.subject, /Your e-mail address at Example was changed/, 'AU10 the old address is told')
      t.notOk(notice.text.includes(newEmail) || notice.html.includes(newEmail))

      t.equal((await get(app, '/auth/me', here.accessToken)).body.email, newEmail, 'the session that asked goes on')
      t.equal((await post(app, '/auth/refresh', { refreshToken: here.refreshToken })).status, 200)
      const ended = { code: 'AUTH_SESSION_ENDED', reason: 'email-changed' }
      t.match((await get(app, '/auth/verify', String(there.body.accessToken))).body, ended)
      t.match((await post(app, '/auth/refresh', { refreshToken: there.body.refreshToken })).body, ended)

      t.equal((await post(app, '/auth/login', { email: newEmail, password: PASSWORD })).status, 200)
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 401)
      t.equal((await click(app, letter)).status, 400, 'the link works once')
      t.equal((await post(app, '/auth/signup', { email, password: PASSWORD })).status, 201, 'the old one is free')
    })

    t.test('it takes the password', async (t) => {
      const here = await newcomer()
      const newEmail = freshEmail()
      const wrong = await change(here, newEmail, 'not the password')
      t.match([wrong.status, wrong.body.code], [401, 'AUTH_CREDENTIALS_INVALID'])
      t.equal(wrong.headers['www-authenticate'], undefined)
      await app.auth.mail.flush()
      t.notOk(mail.letters.some(({ to }) => to.includes(newEmail)))
      t.equal((await post(app, '/auth/change-email', { newEmail, password: PASSWORD })).status, 401)
    })

    t.test('a taken address is the same answer, and its owner is told', async (t) => {
      const [here, owner] = [await newcomer(), await newcomer(freshEmail().replace('user', 'Owner'))]
      const ask = (newEmail: string) =>
        seen(app, {
          method: 'POST',
          url: '/auth/change-email',
          payload: { newEmail, password: PASSWORD },
          headers: bearer(here.accessToken)
        })
      const control = await ask(freshEmail())
      t.same(await ask(owner.email.toLowerCase()), control)
      const letter = await mail.next(owner.email)
      t.match(letter.subject, /You have an account at Example already/)
      t.throws(() => tokenOf(letter))
    })

    t.test('an address that somebody took between the letter and the click stays theirs', async (t) => {
      const here = await newcomer()
      const newEmail = freshEmail()
      await change(here, newEmail)
      const letter = await mail.next(newEmail)
      const owner = await newcomer(newEmail)
      t.equal((await click(app, letter)).status, 400)
      t.equal((await get(app, '/auth/me', here.accessToken)).body.email, here.email)
      t.equal((await get(app, '/auth/me', owner.accessToken)).body.email, newEmail)
    })

    t.test('another spelling of the own address can be chosen', async (t) => {
      const here = await newcomer()
      const capitals = here.email.replace('user', 'USER')
      await change(here, capitals)
      t.match((await click(app, await mail.next(capitals))).body, { user: { id: here.user.id, email: capitals } })
    })
  })
}

t.test('from code every session ends, since none asked', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  const { user, accessToken } = await signUp(app, { email })
  const newEmail = freshEmail()
  await t.rejects(app.auth.changeEmail(user.id, { newEmail, password: 'x' }), { code: 'AUTH_CREDENTIALS_INVALID' })
  t.same(await app.auth.changeEmail(user.id, { newEmail, password: PASSWORD }), { status: 'check_email' })
  const token = tokenOf(await mail.next(newEmail))
  t.match(await app.auth.confirmEmailChange({ token }), { user: { email: newEmail } })
  t.equal((await get(app, '/protected', accessToken)).status, 401)
})
