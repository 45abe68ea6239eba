/** AU7, rows 47 and 48: who asks for a letter learns nothing, neither by the answer nor by what it costs. */
import t, { type Test } from 'tap'
import { bearer, freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { CHEAP, click, ownStatementsOf, seen, startMailApp } from '../support/mail-app.ts'

const address = (name: string) => `${name}@${freshEmail().split('@')[1]}`

/** Addresses of one length, one for each state that an account can be in, on an app that wants addresses proven. */
async function accounts(t: Test) {
  const { app, mail } = await startMailApp(t, {
    storage: await postgresDatabase(t),
    identifiers: ['email', 'username?'],
    email: { verification: 'required' }
  })
  const emails = {
    unknown: address('aaaaaa'),
    known: address('bbbbbb'),
    pending: address('cccccc'),
    disabled: address('dddddd')
  }
  const signup = (email: string) => post(app, '/auth/signup', { email, password: PASSWORD })
  for (const email of [emails.known, emails.disabled]) {
    await signup(email)
    await click(app, await mail.next(email))
  }
  const { user } = await app.auth.login({ email: emails.disabled, password: PASSWORD })
  await app.auth.users.disable(user.id)
  await signup(emails.pending)
  await mail.next(emails.pending)
  const { accessToken } = await app.auth.login({ email: emails.known, password: PASSWORD })
  return { app, mail, emails, accessToken }
}

const { app, mail, emails, accessToken } = await accounts(t)

/** What comes back, and which statements it took. */
async function attempt(url: string, payload: object, headers = {}) {
  await app.auth.mail.flush()
  let answer: object = {}
  const statements = await ownStatementsOf(async () => {
    answer = await seen(app, { method: 'POST', url, payload, headers })
  })
  return { answer, statements }
}

const ways: Readonly<Record<string, (email: string) => ReturnType<typeof attempt>>> = {
  'signing up': (email) => attempt('/auth/signup', { email, password: PASSWORD }),
  'signing up with a username that is taken, or not': (email) =>
    attempt('/auth/signup', { email, username: 'grace', password: PASSWORD }),
  'asking again': (email) => attempt('/auth/resend-verification', { email }),
  forgetting: (email) => attempt('/auth/forgot-password', { email }),
  'forgetting, by the alias': (email) => attempt('/auth/request-password-reset', { email }),
  'moving to it': (newEmail) => attempt('/auth/change-email', { newEmail, password: PASSWORD }, bearer(accessToken))
}

for (const [way, ask] of Object.entries(ways)) {
  t.test(`${way} is one answer and one cost, whoever has the address`, async (t) => {
    const control = await ask(address('eeeeee'))
    t.match(control.answer, { status: 202, text: '{"status":"check_email"}' })
    t.equal(control.statements.length, way === 'moving to it' ? 2 : 1, 'the password and the letter, or the letter')
    for (const [state, email] of Object.entries(emails)) {
      t.same(await ask(email), control, state)
      t.same(await ask(email.toUpperCase()), control, `${state}, in capitals`)
    }
  })
}

t.test('the addresses above were in those states', async (t) => {
  await app.auth.mail.flush()
  const subjects = (email: string) =>
    new Set(mail.letters.filter(({ to }) => to.includes(email)).map(({ subject }) => subject.split(' ')[0]))
  t.same([...subjects(emails.known)].sort(), ['Choose', 'Confirm', 'You'])
  t.same([...subjects(emails.pending)].sort(), ['Confirm'])
})

t.test('signing in while a sign-up waits costs what any sign-in costs', async (t) => {
  const login = (email: string) => attempt('/auth/login', { email, password: 'not the password' })
  const control = await login(address('ffffff'))
  t.match(control.answer, { status: 401 })
  t.equal(control.statements.length, 2)
  for (const [state, email] of Object.entries(emails)) {
    const { answer, statements } = await login(email)
    t.same(answer, control.answer, state)
    t.same(statements.toSorted(), control.statements.toSorted(), state)
  }
})

t.test('a shape that is refused is refused alike, at no cost', async (t) => {
  for (const [url, key] of [
    ['/auth/forgot-password', 'email'],
    ['/auth/resend-verification', 'email'],
    ['/auth/signup', 'email']
  ] as const) {
    for (const rest of [{ admin: true }, { password: 'short', extra: 1 }]) {
      const control = await attempt(url, { [key]: address('gggggg'), ...rest })
      t.match(control, { answer: { status: 400 }, statements: [] })
      t.same(await attempt(url, { [key]: emails.known, ...rest }), control)
    }
  }
})

t.test('row 47 nor is the answer another one when no letter can be sent', async (t) => {
  const failing = await startApp(t, {
    password: CHEAP,
    email: { verification: 'required' },
    mailer: async ({ to }) => {
      throw new Error(`no letters to ${to.address}`)
    }
  })
  const known = freshEmail()
  const email = address('hhhhhh')
  await post(failing, '/auth/signup', { email: known, password: PASSWORD })
  for (const url of ['/auth/forgot-password', '/auth/resend-verification']) {
    const ask = (email: string) => seen(failing, { method: 'POST', url, payload: { email } })
    const control = await ask(email)
    t.match(control, { status: 202 })
    t.same(await ask(known), control)
    await failing.auth.mail.flush()
    t.same(await ask(known), control)
  }
})

t.test('with verification optional a sign-up tells, and the letters still do not', async (t) => {
  const open = await startApp(t, { password: CHEAP })
  const email = freshEmail()
  await signUp(open, { email })
  t.equal((await post(open, '/auth/signup', { email, password: PASSWORD })).status, 409)
  for (const url of ['/auth/forgot-password', '/auth/resend-verification']) {
    const ask = (email: string) => seen(open, { method: 'POST', url, payload: { email } })
    t.same(await ask(email), await ask(freshEmail()))
  }
})
