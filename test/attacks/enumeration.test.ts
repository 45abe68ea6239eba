/**
 * AU6: what a stranger learns from a failed sign-in is that it failed. Whatever the account's state, the answer is the same
 * byte for byte, after the same statement and the same single argon2 computation; both are counted where they really happen.
 */
import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import { postgresDatabase } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'
import { statementsOf } from '../support/statements.ts'

type Computation = (...given: unknown[]) => Promise<unknown>

let computations = 0
const counted =
  (compute: Computation): Computation =>
  async (...given) => {
    computations += 1
    return compute(...given)
  }

// Before anything imports it: an ES module takes what the CommonJS module holds at its first import.
const argon2: { hash: Computation; verify: Computation } = createRequire(import.meta.url)('@node-rs/argon2')
argon2.hash = counted(argon2.hash)
argon2.verify = counted(argon2.verify)

const { call, freshEmail, PASSWORD, post, signUp, startApp } = await import('../support/app.ts')

const WRONG = 'not the password'

/** Addresses of the same length, one for each state that an account can be in. */
async function accounts(t: Test) {
  const storage = await postgresDatabase(t)
  const app = await startApp(t, { storage, identifiers: ['email', 'username?'], email: { verification: 'off' } })
  const address = (name: string) => `${name}@${freshEmail().split('@')[1]}`
  const emails = {
    known: address('aaaaaa'),
    unknown: address('bbbbbb'),
    disabled: address('cccccc'),
    passwordless: address('dddddd'),
    unreadable: address('eeeeee'),
    deleted: address('ffffff')
  }
  for (const [state, email] of Object.entries(emails)) {
    if (state !== 'unknown') await signUp(app, { email, username: state })
  }
  const idOf = async (email: string) => {
    const [row] = await runSql(storage, `select id from auth_users where email_key = '${email}'`)
    return String(row?.id)
  }
  await app.auth.users.disable(await idOf(emails.disabled))
  await app.auth.users.delete(await idOf(emails.deleted))
  const set = (hash: string, email: string) =>
    runSql(storage, `update auth_users set password_hash = ${hash} where email_key = '${email}'`)
  await set('null', emails.passwordless)
  await set("'$2b$10$unreadable'", emails.unreadable)
  return { app, emails }
}

const { app, emails } = await accounts(t)

/** What comes back, and what it cost. */
async function attempt(payload: object) {
  computations = 0
  let raw = { status: 0, headers: {} as Record<string, unknown>, text: '' }
  await app.auth.mail.flush()
  const statements = await statementsOf(async () => {
    const { status, headers, text } = await post(app, '/auth/login', payload)
    raw = { status, headers: { ...headers, date: undefined }, text }
  })
  return { answer: raw, cost: { computations, statements } }
}

t.test('AU6, PW2 every wrong sign-in is one answer and one cost', async (t) => {
  const control = await attempt({ email: emails.known, password: WRONG })
  t.equal(control.answer.status, 401)
  t.equal(control.cost.computations, 1)
  t.equal(control.cost.statements.length, 1)
  t.match(JSON.parse(control.answer.text), { code: 'AUTH_CREDENTIALS_INVALID' })

  for (const [state, email] of Object.entries(emails)) {
    for (const password of [WRONG, '', 'x', WRONG.repeat(10), 'p\u00e4ssw\u00f6rd', '\u{1f600}'.repeat(64)]) {
      t.same(await attempt({ email, password }), control, `${state}, with a password of ${password.length}`)
    }
    t.same(await attempt({ email: email.toUpperCase(), password: WRONG }), control, `${state}, in capitals`)
  }
  for (const email of [emails.unknown, emails.passwordless, emails.unreadable, emails.deleted]) {
    t.same(await attempt({ email, password: PASSWORD }), control, 'the password of somebody else')
  }
})

t.test('AU6 the same for usernames', async (t) => {
  const control = await attempt({ username: 'known', password: WRONG })
  t.equal(control.cost.computations, 1)
  for (const username of ['nobody', 'disabled', 'passwordless', 'unreadable', 'deleted', 'KNOWN', '000']) {
    t.same(await attempt({ username, password: WRONG }), control, username)
  }
})

t.test('AU6 only the right password hears more', async (t) => {
  t.equal((await attempt({ email: emails.known, password: PASSWORD })).answer.status, 200)
  const disabled = await attempt({ email: emails.disabled, password: PASSWORD })
  t.equal(disabled.answer.status, 403)
  t.match(JSON.parse(disabled.answer.text), { code: 'AUTH_ACCOUNT_DISABLED' })
})

t.test(
  'PW2, row 48 what no account can have as its password is refused before any account is looked for',
  async (t) => {
    for (const password of [
      'x'.repeat(257),
      '\u{1f600}'.repeat(257),
      'x'.repeat(4096),
      'x'.repeat(4097),
      'x\0y',
      '\ud800'
    ]) {
      const control = await attempt({ email: emails.known, password })
      t.equal(control.answer.status, 400)
      t.same(control.cost, { computations: 0, statements: [] })
      for (const email of Object.values(emails)) t.same(await attempt({ email, password }), control)
    }
    const longest = await attempt({ email: emails.unknown, password: '\u{1f600}'.repeat(256) })
    t.same([longest.answer.status, longest.cost.computations], [401, 1], 'the control: 256 code points')
  }
)

t.test('row 45 a shape that is refused is refused alike, at no cost', async (t) => {
  for (const shape of [
    { password: 5 },
    { password: null },
    { password: WRONG, admin: true },
    { remember: 'no', password: WRONG },
    {}
  ]) {
    const control = await attempt({ email: emails.known, ...shape })
    t.equal(control.answer.status, 400)
    t.same(control.cost, { computations: 0, statements: [] })
    t.same(await attempt({ email: emails.unknown, ...shape }), control)
  }
})

t.test('a public profile of a disabled user is that of nobody', async (t) => {
  const profile = async (username: string) => {
    const { status, headers, text } = await call(app, { method: 'GET', url: `/auth/users/${username}` })
    return { status, headers: { ...headers, date: undefined }, text }
  }
  t.equal((await profile('known')).status, 200)
  t.equal((await profile('nobody')).status, 404)
  for (const username of ['disabled', 'deleted', '-', 'x'.repeat(40)])
    t.same(await profile(username), await profile('nobody'))
})
