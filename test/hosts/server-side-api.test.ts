/** `app.auth`: what the routes do, from code, alone or inside the host's own transaction. */
import { type Kysely, sql } from 'kysely'
import t from 'tap'
import type { SessionAnswer } from '../../src/index.ts'
import { bearer, PASSWORD } from '../support/app.ts'
import { openHost } from './host.ts'
import { hostDatabases } from './kysely.ts'

const account = { email: 'ada@example.com', password: PASSWORD }

t.test('without HTTP, a life of an account', async (t) => {
  const { auth } = await openHost(t)
  const signedUp = (await auth.signup(account)) as SessionAnswer
  const signedIn = await auth.login(account)
  t.same(signedIn.user, signedUp.user)
  const refreshed = await auth.refresh({ refreshToken: signedIn.refreshToken })
  t.not(refreshed.refreshToken, signedIn.refreshToken)
  t.equal(auth.tokens.verify(refreshed.accessToken).user.id, signedUp.user.id)
  await auth.logout({ refreshToken: refreshed.refreshToken })
  t.throws(() => auth.tokens.verify(refreshed.accessToken), { code: 'AUTH_SESSION_ENDED', reason: 'logout' })
  await auth.logoutAll(signedUp.user.id)
  await t.rejects(auth.refresh({ refreshToken: signedUp.refreshToken }), { code: 'AUTH_SESSION_ENDED' })
  await auth.users.delete(signedUp.user.id)
  await t.rejects(auth.users.get(signedUp.user.id), { code: 'AUTH_USER_NOT_FOUND' })
})

t.test('calls fail as the routes do', async (t) => {
  const { auth } = await openHost(t)
  await t.rejects(auth.login(account), { code: 'AUTH_CREDENTIALS_INVALID', statusCode: 401 })
  await t.rejects(auth.signup({ ...account, password: 'short' }), {
    code: 'AUTH_PASSWORD_REJECTED',
    reason: 'too-short'
  })
  await t.rejects(auth.signup({ ...account, role: 'admin' } as never), {
    code: 'FST_ERR_VALIDATION',
    message: /^input must not have the property "role"/
  })
  await t.rejects(auth.signup(undefined as never), { code: 'FST_ERR_VALIDATION' })
  await t.rejects(auth.refresh({}), { code: 'AUTH_REFRESH_TOKEN_INVALID' })
  await t.resolves(auth.logout({}), 'signing out nobody is no failure')
})

t.test('an input stays as the caller made it', async (t) => {
  const { auth } = await openHost(t)
  const input = Object.freeze({ ...account })
  await auth.signup(input)
  t.same(input, account)
})

t.test('a call says where it comes from', async (t) => {
  const { auth } = await openHost(t)
  const heard: unknown[] = []
  const stop = auth.events.on('signup', ({ ip, userAgent }) => heard.push([ip, userAgent]))
  await auth.signup(account, { ip: '203.0.113.7', userAgent: 'a job' })
  stop()
  await auth.signup({ ...account, email: 'bob@example.com' })
  t.same(heard, [['203.0.113.7', 'a job']])
})

for (const { name, open } of hostDatabases) {
  t.test(`inside the host's own transaction on ${name}`, async (t) => {
    const db = await open(t)
    await sql`create table profiles (owner text)`.execute(db)
    const app = await openHost(t, (_, register) => register({ storage: db }))

    t.test('a rollback leaves nothing of ours', async (t) => {
      const attempt = db.transaction().execute(async (trx) => {
        const { user, accessToken } = (await app.auth.signup(account, { trx })) as SessionAnswer
        await sql`insert into profiles values (${user.id})`.execute(trx)
        t.equal(app.auth.tokens.verify(accessToken).user.id, user.id)
        throw new Error('the host changed its mind')
      })
      await t.rejects(attempt, { message: 'the host changed its mind' })
      t.same(await counts(db), { users: 0, sessions: 0, profiles: 0 })
      await t.rejects(app.auth.login(account), { code: 'AUTH_CREDENTIALS_INVALID' })
    })

    t.test('a commit leaves everything', async (t) => {
      const { user } = await db.transaction().execute(async (trx) => {
        const answer = (await app.auth.signup(account, { trx })) as SessionAnswer
        await sql`insert into profiles values (${answer.user.id})`.execute(trx)
        return answer
      })
      t.same(await counts(db), { users: 1, sessions: 1, profiles: 1 })
      const { accessToken } = await app.auth.login(account)
      t.equal((await app.inject({ url: '/protected', headers: bearer(accessToken) })).json().user.id, user.id)
    })

    t.test('what happened is kept with the transaction, and with it forgotten', async (t) => {
      const { user } = await app.auth.login(account)
      const before = await app.auth.events.list({ userId: user.id })
      const wrong = { ...account, password: 'not the password' }
      const attempt = db.transaction().execute(async (trx) => {
        await app.auth.login(account, { trx })
        const meanwhile = await app.auth.events.list({ userId: user.id }, { trx })
        t.match([meanwhile.length, meanwhile[0]?.name], [before.length + 1, 'login'])
        const refusal = { code: 'AUTH_CREDENTIALS_INVALID' }
        await t.rejects(app.auth.login(wrong, { trx }), refusal)
        const change = { currentPassword: wrong.password, newPassword: 'another good passphrase' }
        await t.rejects(app.auth.changePassword(user.id, change, { trx }), refusal)
        await app.auth.users.disable(user.id, { trx })
        await t.rejects(app.auth.login(account, { trx }), { code: 'AUTH_ACCOUNT_DISABLED' })
        throw new Error('the host changed its mind')
      })
      await t.rejects(attempt, { message: 'the host changed its mind' })
      const after = await app.auth.events.list({ userId: user.id })
      const tried = after.slice(0, 3).map(({ name }) => name)
      t.same(tried, ['login-refused', 'password-failed', 'login-failed'], 'whatever became of the transaction')
      t.same(after.slice(3), before)
      await db.transaction().execute((trx) => app.auth.login(account, { trx }))
      t.match(await app.auth.events.list({ userId: user.id, limit: 1 }), [{ name: 'login' }])
    })

    t.test('reading, changing and ending take part too', async (t) => {
      const { user, refreshToken } = await app.auth.login(account)
      const attempt = db.transaction().execute(async (trx) => {
        const next = await app.auth.refresh({ refreshToken }, { trx })
        await app.auth.users.setPassword(user.id, 'another good passphrase', { trx })
        await t.rejects(app.auth.refresh({ refreshToken: next.refreshToken }, { trx }), { code: 'AUTH_SESSION_ENDED' })
        await app.auth.users.delete(user.id, { trx })
        await t.rejects(app.auth.users.get(user.id, { trx }), { code: 'AUTH_USER_NOT_FOUND' })
        throw new Error('the host changed its mind')
      })
      await t.rejects(attempt, { message: 'the host changed its mind' })
      t.equal((await app.auth.users.get(user.id)).id, user.id)
      t.ok(await app.auth.login(account), 'with the password of before')
      t.ok(await app.auth.refresh({ refreshToken }), 'with the refresh token of before')
    })
  })
}

t.test('what is no transaction is refused', async (t) => {
  const { auth } = await openHost(t)
  await t.rejects(auth.signup(account, { trx: {} }), { code: 'AUTH_UNEXPECTED' })
})

async function counts(db: Kysely<unknown>): Promise<object> {
  const { rows } = await sql<object>`select
    (select count(*) from auth_users) as users,
    (select count(*) from auth_sessions) as sessions,
    (select count(*) from profiles) as profiles`.execute(db)
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]))
}
