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

t.test('two changes of one user at the same time, a hundred times', async (t) => {
  const pairs = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const { accessToken } = await signUp(app)
      return { accessToken, emails: [freshEmail(), freshEmail()] as const }
    })
  )
  await Promise.all(pairs.flatMap(({ accessToken, emails }) => emails.map((email) => ask(accessToken, email))))
  const results = await Promise.all(
    pairs.map(async ({ accessToken, emails }) => {
      const tokens = await Promise.all(emails.map(async (email) => tokenOf(await mail.next(email))))
      const answers = await Promise.all(tokens.map(confirm))
      const { email } = (await get(app, '/auth/me', accessToken)).body
      return { emails, answers, email }
    })
  )
  for (const { emails, answers, email } of results) {
    const successes = answers.flatMap(({ status }, place) => (status === 200 ? [place] : []))
    const [place = -1] = successes
    t.equal(successes.length, 1)
    t.equal(email, emails[place])
    t.match(answers[place]?.body, { user: { email: emails[place] } }, 'the address that its letter went to')
  }
})

t.test('two users who want one address at the same time', async (t) => {
  const rounds = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const users = await Promise.all([signUp(app), signUp(app)])
      const newEmail = freshEmail()
      for (const { accessToken } of users) t.equal((await ask(accessToken, newEmail)).status, 202)
      const tokens = [tokenOf(await mail.next(newEmail)), tokenOf(await mail.next(newEmail))]
      const answers = await Promise.all(tokens.map(confirm))
      const emails = await Promise.all(users.map(({ accessToken }) => get(app, '/auth/me', accessToken)))
      return {
        statuses: answers.map(({ status }) => status).sort(),
        owners: emails.filter(({ status, body }) => status === 200 && body.email === newEmail).length
      }
    })
  )
  for (const { statuses, owners } of rounds) {
    t.same(statuses, [200, 400])
    t.equal(owners, 1)
  }
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
