/**
 * Row 52: the five ways to own an account before its owner comes (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022).
 * Two of them need sign-in through another provider, which there is none of: the Classic-Federated Merge, whose first half,
 * a password from before the owner came, is here all the same, and the Non-Verifying Identity Provider.
 */
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { bearer, freshEmail, get, PASSWORD, post, signUp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { click, startMailApp } from '../support/mail-app.ts'
import { type ReceivedLetter, tokenOf } from '../support/mail-server.ts'

const STRANGER = 'what the stranger knows'

const start = (
  t: Test,
  verification: 'optional' | 'required',
  storage = sqliteFile(t),
  options: Partial<AuthOptions> = {}
) => startMailApp(t, { storage, identifiers: ['email', 'username?'], email: { verification }, ...options })

t.test('Classic-Federated Merge, its first half: the password of whoever came first is worth nothing', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: STRANGER })
  await mail.next(email)

  await post(app, '/auth/signup', { email, password: PASSWORD })
  t.equal((await click(app, await mail.next(email))).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test(
  'Unexpired Session Identifier: a sign-up opens no session that could outlive the owner\u2019s coming',
  async (t) => {
    const { app, mail } = await start(t, 'required')
    const email = freshEmail()
    const answer = await post(app, '/auth/signup', { email, password: STRANGER })
    t.same([answer.status, answer.body, answer.headers['set-cookie']], [202, { status: 'check_email' }, undefined])
    const login = await post(app, '/auth/login', { email, password: STRANGER })
    t.same([login.status, login.body.accessToken, login.headers['set-cookie']], [403, undefined, undefined])

    await mail.next(email)
    await post(app, '/auth/signup', { email, password: PASSWORD })
    const { body } = await click(app, await mail.next(email))
    await post(app, '/auth/login', { email, password: PASSWORD })
    const sessions = await app.auth.login({ email, password: PASSWORD })
    const list = await get(app, '/auth/sessions', sessions.accessToken)
    t.equal((list.body.sessions as unknown[]).length, 2, 'the owner\u2019s own two')
    t.equal((body.user as { id: string }).id, sessions.user.id)
  }
)

t.test(
  'Unexpired Session Identifier: the session of an account from before ends with the owner\u2019s reset',
  async (t) => {
    const storage = sqliteFile(t)
    const before = await start(t, 'optional', storage)
    const email = freshEmail()
    const { accessToken, refreshToken } = await signUp(before.app, { email, password: STRANGER })
    await before.mail.next(email)
    await before.app.close()

    const { app, mail } = await start(t, 'required', storage)
    await post(app, '/auth/forgot-password', { email })
    t.equal((await click(app, await mail.next(email), { newPassword: PASSWORD })).status, 204)
    t.equal((await get(app, '/protected', accessToken)).status, 401)
    t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 401)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  }
)

t.test('Unexpired Session Identifier: nor does it outlive the proof of the owner\u2019s own sign-up', async (t) => {
  const storage = sqliteFile(t)
  const before = await start(t, 'optional', storage)
  const [email, strangers] = [freshEmail(), freshEmail()]
  const { user, accessToken, refreshToken } = await signUp(before.app, { email, password: STRANGER })
  await before.mail.next(email)
  const change = { newEmail: strangers, password: STRANGER }
  await post(before.app, '/auth/change-email', change, bearer(accessToken))
  const kept = await before.mail.next(strangers)
  await before.app.close()

  const { app, mail } = await start(t, 'required', storage)
  await post(app, '/auth/signup', { email, password: PASSWORD })
  t.equal((await click(app, await mail.next(email))).status, 200)
  const events = (await app.auth.events.list({ userId: user.id, limit: 2 })).map(({ name }) => name)
  t.same(events, ['email-verified', 'password-changed'])
  const refused = (await post(app, '/auth/refresh', { refreshToken })).body
  t.match(refused, { code: 'AUTH_SESSION_ENDED', reason: 'email-changed' })
  t.equal((await get(app, '/protected', accessToken)).status, 401)
  t.equal((await click(app, kept)).status, 400)
  for (const password of [STRANGER, PASSWORD]) {
    t.equal((await post(app, '/auth/login', { email, password })).status, 401, 'whose the account was nobody can tell')
  }
  const letter = await mail.next(email)
  t.equal((await click(app, letter, { newPassword: PASSWORD })).status, 204)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
})

t.test('Unexpired Session Identifier: nor does a deletion from it take the owner\u2019s sign-up away', async (t) => {
  const storage = sqliteFile(t)
  const before = await start(t, 'optional', storage)
  const email = freshEmail()
  const { accessToken } = await signUp(before.app, { email, password: STRANGER })
  await before.mail.next(email)
  await before.app.close()

  const { app, mail } = await start(t, 'required', storage)
  await post(app, '/auth/signup', { email, password: PASSWORD })
  const own = await mail.next(email)
  const payload = { password: STRANGER }
  const deletion = { method: 'DELETE', url: '/auth/me', payload, headers: bearer(accessToken) } as const
  t.equal((await app.inject(deletion)).statusCode, 204)
  t.match((await mail.next(email)).subject, /deleted/)
  await post(app, '/auth/signup', { email, password: STRANGER })
  await mail.next(email)
  t.equal((await click(app, own)).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
})

t.test('Trojan Identifier: a name that the stranger added leads to no account of the owner\u2019s', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, username: 'trojan', password: STRANGER })
  await mail.next(email)
  await post(app, '/auth/signup', { email, username: 'owner', password: PASSWORD })
  t.match((await click(app, await mail.next(email))).body, { user: { username: 'owner', email } })

  for (const [username, password] of [
    ['trojan', STRANGER],
    ['trojan', PASSWORD],
    ['owner', STRANGER]
  ])
    t.equal((await post(app, '/auth/login', { username, password })).status, 401)
  t.equal((await get(app, '/auth/users/trojan')).status, 404)
})

t.test('Unexpired Email Change: nobody can begin one before the owner comes', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  const answer = await post(app, '/auth/signup', { email, password: STRANGER })
  const headers = bearer(String(answer.body.accessToken))
  const change = { newEmail: freshEmail(), password: STRANGER }
  t.equal((await post(app, '/auth/change-email', change, headers)).status, 401)
  await app.auth.mail.flush()
  t.same(
    mail.letters.map(({ to }) => to),
    [[email]]
  )
})

t.test('Unexpired Email Change: one that was begun dies with the owner\u2019s reset', async (t) => {
  for (const verification of ['optional', 'required'] as const) {
    const storage = sqliteFile(t)
    const before = await start(t, 'optional', storage)
    const email = freshEmail()
    const strangers = freshEmail()
    const { accessToken } = await signUp(before.app, { email, password: STRANGER })
    await before.mail.next(email)
    const change = { newEmail: strangers, password: STRANGER }
    await post(before.app, '/auth/change-email', change, bearer(accessToken))
    const kept = await before.mail.next(strangers)
    await before.app.close()

    const { app, mail } = await start(t, verification, storage)
    await post(app, '/auth/forgot-password', { email })
    t.equal((await click(app, await mail.next(email), { newPassword: PASSWORD })).status, 204)
    t.equal((await click(app, kept)).status, 400)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    t.equal((await post(app, '/auth/login', { email: strangers, password: STRANGER })).status, 401)
  }
})

t.test('the stranger cannot use up the owner\u2019s letters', async (t) => {
  const { app, mail } = await start(t, 'required')
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  const letter = await mail.next(email)
  for (let number = 0; number < 10; number += 1) await post(app, '/auth/signup', { email, password: STRANGER })
  t.equal((await click(app, letter)).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
})

const both = { owner: PASSWORD, stranger: STRANGER }
const ORDERS = [
  ['owner', 'stranger'],
  ['stranger', 'owner']
] as const

for (const order of ORDERS) {
  t.test(`the ${order[0]} signs up, then the ${order[1]}, and the owner asks for the letter again`, async (t) => {
    const { app, mail } = await start(t, 'required')
    const email = freshEmail()
    for (const who of order) {
      await post(app, '/auth/signup', { email, username: who, password: both[who] })
      await mail.next(email)
    }
    await post(app, '/auth/resend-verification', { email })
    const { status, body } = await click(app, await mail.next(email))
    t.same([status, (body.user as { username?: string }).username], [200, undefined], 'a name of nobody')
    for (const who of order) {
      for (const identifier of [{ email }, { username: who }]) {
        const login = await post(app, '/auth/login', { ...identifier, password: both[who] })
        t.match([login.status, login.body.code], [401, 'AUTH_CREDENTIALS_INVALID'])
      }
    }
    const reset = await mail.next(email)
    t.match(reset.subject, /Choose a new password/, 'comes by itself')
    t.equal((await click(app, reset, { newPassword: PASSWORD })).status, 204)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
  })

  t.test(`the ${order[0]} signs up, then the ${order[1]}, while no letter gets out`, async (t) => {
    const { app, mail } = await start(t, 'required')
    await mail.behave('refuse')
    const email = freshEmail()
    for (const who of order) await post(app, '/auth/signup', { email, username: who, password: both[who] })
    await post(app, '/auth/resend-verification', { email })
    await app.auth.mail.flush()
    await mail.behave('well')
    await app.auth.mail.flush()

    const letters = [await mail.next(email), await mail.next(email), await mail.next(email)].sort(byAge)
    const owners = letters[order.indexOf('owner')]
    t.match(owners && (await click(app, owners)), { status: 200, body: { user: { username: 'owner' } } })
    for (const letter of letters) t.equal((await click(app, letter)).status, 400)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
    t.equal((await post(app, '/auth/login', { email, password: STRANGER })).status, 401)
  })
}

t.test('what the host asks of every user is there, however many sign-ups disputed it', async (t) => {
  const plan = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } as const
  const { app, mail } = await start(t, 'required', sqliteFile(t), {
    identifiers: ['email', 'username'],
    user: { fields: { type: 'object', required: ['plan'], properties: { plan } } },
    accessToken: { claims: (user) => ({ plan: (user as { plan?: { name: string } }).plan?.name.toUpperCase() }) }
  })
  const email = freshEmail()
  const sign = (username: string, name: string) =>
    post(app, '/auth/signup', { email, username, password: both.stranger, plan: { name } })
  for (const [username, name] of [
    ['stranger', 'evil'],
    ['ada', 'free']
  ] as const) {
    await sign(username, name)
    await mail.next(email)
  }
  await post(app, '/auth/resend-verification', { email })
  t.match(await click(app, await mail.next(email)), { status: 200, body: { user: { username: 'ada' } } })
  t.equal((await click(app, await mail.next(email), { newPassword: PASSWORD })).status, 204)
  const { status, body } = await post(app, '/auth/login', { username: 'ada', password: PASSWORD })
  t.match([status, body.user], [200, { username: 'ada', plan: { name: 'free' } }])
})

t.test(
  'of two who sign up with one address while the mailbox is full, none gets in the other\u2019s way',
  async (t) => {
    let now = Date.parse('2031-05-06T07:08:09Z')
    const clock = () => new Date(now)
    const { app, mail } = await start(t, 'required', sqliteFile(t), { rateLimit: undefined, clock })
    const email = freshEmail()
    const signup = async (username: string, password: string) => {
      await post(app, '/auth/signup', { email, username, password })
      await app.auth.mail.flush()
      now += 1000
    }
    for (let number = 0; number < 5; number += 1) await signup('stranger', STRANGER)
    await signup('owner', PASSWORD)
    for (let number = 0; number < 3; number += 1) await signup('stranger', STRANGER)
    t.equal(mail.letters.length, 5, 'the mailbox is full')

    now += 3600_000
    await app.auth.mail.flush()
    t.equal(mail.letters.length, 7, 'the newest, and one for all the others')
    const [first, second] = mail.letters.slice(5).toSorted(byAge)
    t.match(first && (await click(app, first)), { status: 200, body: { user: { username: undefined } } })
    t.equal(second && (await click(app, second)).status, 400)
    for (const password of [STRANGER, PASSWORD])
      t.equal((await post(app, '/auth/login', { email, password })).status, 401)
    await app.auth.mail.flush()
    const reset = mail.letters.find(({ subject }) => subject.startsWith('Choose'))
    t.equal(reset && (await click(app, reset, { newPassword: PASSWORD })).status, 204)
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200)
  }
)

t.test('whoever signs up alone may lose letters, ask again, and sign up again', async (t) => {
  const { app, mail } = await start(t, 'required')
  const login = async (email: string, password: string) => (await post(app, '/auth/login', { email, password })).status
  await mail.behave({ reply: 550 })
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  await app.auth.mail.flush()
  await mail.behave('well')
  await post(app, '/auth/resend-verification', { email })
  t.equal((await click(app, await mail.next(email))).status, 200)
  t.equal(await login(email, PASSWORD), 200)

  for (const clicked of [0, 1]) {
    const twice = freshEmail()
    const passwords = ['the first passphrase', 'the second passphrase']
    const letters = []
    for (const password of passwords) {
      await post(app, '/auth/signup', { email: twice, password })
      letters.push(await mail.next(twice))
    }
    const [letter, password] = [letters[clicked], passwords[clicked]]
    t.equal(letter && (await click(app, letter)).status, 200)
    t.equal(await login(twice, password ?? ''), 200)
  }
})

/** RFC 9562 5.7: the id in a token is that of its letter, and begins with the time when it was asked for. */
function byAge(one: ReceivedLetter, other: ReceivedLetter): number {
  const [first, second] = [one, other].map((letter) => Buffer.from(tokenOf(letter), 'base64url').subarray(2, 18))
  return Buffer.compare(first ?? Buffer.of(), second ?? Buffer.of())
}
