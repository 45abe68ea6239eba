/** EM10, rows 32 and 40 (CVE-2026-32700): of changes of the address that cross each other, each confirms its own or none. */
import t from 'tap'
import { bearer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { mailServer, tokenOf } from '../support/mail-server.ts'

const mail = await mailServer(t)
const app = await startApp(t, { storage: await postgresDatabase(t), password: CHEAP, mailer: mail.url })

const ask = (accessToken: string, newEmail: string) =>
  post(app, '/auth/change-email', { newEmail, password: PASSWORD }, bearer(accessToken))
const confirm = (token: string) => post(app, '/auth/confirm-email-change', { token })

/** So many at a time as a busy machine answers without telling anybody to come back. */
async function repeat(times: number, work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < times; done += 10) await Promise.all(Array.from({ length: 10 }, work))
}

t.test('two changes of one user at the same time, a hundred times', async (t) => {
  await repeat(100, async () => {
    const { accessToken } = await signUp(app)
    const emails = [freshEmail(), freshEmail()]
    const asked = await Promise.all(emails.map((email) => ask(accessToken, email)))
    t.same(
      asked.map(({ status }) => status),
      [202, 202]
    )
    const tokens = await Promise.all(emails.map(async (email) => tokenOf(await mail.next(email))))
    const answers = await Promise.all(tokens.map(confirm))
    const place = answers.findIndex(({ status }) => status === 200)
    t.same(answers.map(({ status }) => status).sort(), [200, 400])
    t.match(answers[place]?.body, { user: { email: emails[place] } }, 'the address that its letter went to')
    t.equal((await get(app, '/auth/me', accessToken)).body.email, emails[place])
  })
})

t.test('two users who want one address at the same time', async (t) => {
  await repeat(30, async () => {
    const users = await Promise.all([signUp(app), signUp(app)])
    const newEmail = freshEmail()
    for (const { accessToken } of users) t.equal((await ask(accessToken, newEmail)).status, 202)
    const tokens = [tokenOf(await mail.next(newEmail)), tokenOf(await mail.next(newEmail))]
    const answers = await Promise.all(tokens.map(confirm))
    t.same(answers.map(({ status }) => status).sort(), [200, 400])
    const accounts = await Promise.all(users.map(({ accessToken }) => get(app, '/auth/me', accessToken)))
    t.equal(accounts.filter(({ body }) => body.email === newEmail).length, 1)
  })
})

t.test(
  'an address that was asked for before the own one is proven is proven by the letter that went there alone',
  async (t) => {
    const email = freshEmail()
    const foreign = freshEmail()
    const { accessToken } = await signUp(app, { email })
    const verification = tokenOf(await mail.next(email))
    await ask(accessToken, foreign)
    const { body } = await post(app, '/auth/verify-email', { token: verification })
    t.match(body, { user: { email, emailVerified: true } })
    t.equal((await get(app, '/auth/me', accessToken)).body.email, email)
  }
)
