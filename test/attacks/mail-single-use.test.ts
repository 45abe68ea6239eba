/** EM2, row 18, F4: of any number of parallel uses of a letter's token, one succeeds, in whichever process it arrives. */
import t, { type Test } from 'tap'
import { type Answer, bearer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { mailServer, tokenOf } from '../support/mail-server.ts'

const PARALLEL = 100

async function twoProcesses(t: Test, verification: 'optional' | 'required' = 'optional') {
  const mail = await mailServer(t)
  const options = {
    storage: await postgresDatabase(t),
    mailer: mail.url,
    password: CHEAP,
    identifiers: ['email', 'username?'] as const,
    email: { verification }
  }
  const [app, other] = [await startApp(t, options), await startApp(t, options)]
  const inParallel = (url: string, body: (number: number) => object): Promise<Answer[]> =>
    Promise.all(Array.from({ length: PARALLEL }, (_, number) => post(number % 2 ? app : other, url, body(number))))
  return { app, mail, inParallel }
}

/** Where the one success stands; everything else must be the one refusal. */
function onlySuccess(t: Test, answers: readonly Answer[], status: number): number {
  const successes = answers.flatMap((answer, place) => (answer.status === status ? [place] : []))
  t.equal(successes.length, 1, 'one succeeds')
  const codes = new Set(
    answers.filter((answer) => answer.status !== status).map(({ status, body }) => `${status} ${body.code}`)
  )
  // On a busy machine some are told to come back, which is no answer to the question.
  codes.delete('503 AUTH_UNAVAILABLE')
  t.same([...codes], ['400 AUTH_ONE_TIME_TOKEN_INVALID'], 'all others are refused')
  return successes[0] ?? -1
}

t.test('proving an address', async (t) => {
  const { app, mail, inParallel } = await twoProcesses(t)
  const email = freshEmail()
  await signUp(app, { email })
  const token = tokenOf(await mail.next(email))
  const events: unknown[] = []
  app.auth.events.on('email-verified', (event) => events.push(event))
  onlySuccess(t, await inParallel('/auth/verify-email', () => ({ token })), 200)
  t.ok(events.length <= 1, 'in this process or the other one')
})

t.test('creating the user of a sign-up that waited', async (t) => {
  const { app, mail, inParallel } = await twoProcesses(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  const token = tokenOf(await mail.next(email))
  const names = (number: number) => ({ token, username: `name-${number}` })
  const winner = onlySuccess(t, await inParallel('/auth/verify-email', names), 200)
  for (const number of [winner, (winner + 1) % PARALLEL])
    t.equal((await get(app, `/auth/users/name-${number}`)).status, number === winner ? 200 : 404)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test('creating one user of several sign-ups that wait for one address', async (t) => {
  const { app, mail, inParallel } = await twoProcesses(t, 'required')
  const email = freshEmail()
  const tokens: string[] = []
  for (let number = 0; number < 5; number += 1) {
    await post(app, '/auth/signup', { email, password: `passphrase number ${number}` })
    tokens.push(tokenOf(await mail.next(email)))
  }
  const one = (number: number) => ({ token: tokens[number % 5] })
  const winner = onlySuccess(t, await inParallel('/auth/verify-email', one), 200)
  const logins = tokens.map((_, number) => post(app, '/auth/login', { email, password: `passphrase number ${number}` }))
  t.same(
    (await Promise.all(logins)).map(({ status }) => status),
    tokens.map((_, number) => (number === winner % 5 ? 200 : 401))
  )
})

t.test('setting a new password', async (t) => {
  const { app, mail, inParallel } = await twoProcesses(t)
  const email = freshEmail()
  await signUp(app, { email })
  await mail.next(email)
  await post(app, '/auth/forgot-password', { email })
  const token = tokenOf(await mail.next(email))
  const passwordOf = (number: number) => `passphrase number ${number}`
  const body = (number: number) => ({ token, newPassword: passwordOf(number) })
  const winner = onlySuccess(t, await inParallel('/auth/reset-password', body), 204)
  for (const number of [winner, (winner + 1) % PARALLEL, (winner + 50) % PARALLEL]) {
    const { status } = await post(app, '/auth/login', { email, password: passwordOf(number) })
    t.equal(status, number === winner ? 200 : 401)
  }
})

t.test('confirming another address', async (t) => {
  const { app, mail, inParallel } = await twoProcesses(t)
  const { user, accessToken } = await signUp(app)
  const newEmail = freshEmail()
  await post(app, '/auth/change-email', { newEmail, password: PASSWORD }, bearer(accessToken))
  const token = tokenOf(await mail.next(newEmail))
  onlySuccess(t, await inParallel('/auth/confirm-email-change', () => ({ token })), 200)
  t.equal((await get(app, '/auth/me', accessToken)).body.email, newEmail)
  await mail.next(String(user.email))
  await mail.next(String(user.email))
  await app.auth.mail.flush()
  t.equal(mail.letters.filter(({ subject }) => /was changed/.test(subject)).length, 1, 'and one notice goes out')
})
