import nodemailer from 'nodemailer'
import t from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { freshEmail, post, signUp, startApp } from '../support/app.ts'
import { CHEAP } from '../support/mail-app.ts'
import { mailServer, tokenOf } from '../support/mail-server.ts'

type Mailer = NonNullable<AuthOptions['mailer']>
type Message = Parameters<Extract<Mailer, (...given: never[]) => unknown>>[0]

t.test('a function gets each letter as data', async (t) => {
  const messages: Message[] = []
  const app = await startApp(t, {
    password: CHEAP,
    email: { from: 'Example <no-reply@example.com>' },
    mailer: async (message: Message, signal: AbortSignal) => {
      t.equal(signal.aborted, false)
      messages.push(message)
    }
  })
  const email = freshEmail()
  await signUp(app, { email })
  await app.auth.mail.flush()
  t.same(
    messages.map(({ subject, text, html, ...rest }) => rest),
    [{ to: { name: '', address: email }, from: 'Example <no-reply@example.com>', purpose: 'verify-email' }]
  )
  const [letter] = messages
  t.match(letter, { subject: /Confirm/, text: /token=/, html: /<!doctype html>/ })
  t.equal((await post(app, '/auth/verify-email', { token: tokenOf(letter as Message) })).status, 200)
})

t.test('a transporter of the host\u2019s is used, and stays the host\u2019s', async (t) => {
  const mail = await mailServer(t)
  const mailer = nodemailer.createTransport({ url: mail.url, pool: true })
  t.teardown(() => mailer.close())
  const app = await startApp(t, { password: CHEAP, mailer })
  const email = freshEmail()
  await signUp(app, { email })
  const letter = await mail.next(email)
  t.equal(letter.headers.from, 'no-reply@localhost')
  t.equal(letter.headers['auto-submitted'], 'auto-generated')
  await app.close()
  await mailer.sendMail({ to: 'ada@example.com', from: 'host@example.com', text: 'still here' })
  await mail.next('ada@example.com')
})

t.test('the connection to an SMTP URL is kept for the next letter, and closed with the app', async (t) => {
  const mail = await mailServer(t)
  const app = await startApp(t, { password: CHEAP, mailer: mail.url })
  for (let number = 0; number < 5; number += 1) {
    const email = freshEmail()
    await signUp(app, { email })
    await mail.next(email)
  }
  t.equal(mail.connections, 1)
  await app.close()
  await mail.left()
})
