/** What happened to a user, told at once and listed afterwards. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { PastEvent } from '../../src/index.ts'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase, postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, startMailApp } from '../support/mail-app.ts'
import { runSql } from '../support/rows.ts'
import { everyStatementOf } from '../support/statements.ts'

const NEW_PASSWORD = 'another good passphrase'

const names = (events: readonly PastEvent[]) => events.map(({ name }) => name).reverse()

for (const { name, storage } of eachDatabase) {
  t.test(`LG1 a user's life, listed on ${name}`, async (t) => {
    const url = await storage(t)
    const app = await startApp(t, { storage: url, password: CHEAP, refreshToken: { grace: 0 } })
    const told: unknown[] = []
    const every = ['signup', 'login', 'login-failed', 'refresh-reused', 'logout', 'password-changed'] as const
    for (const name of every) app.auth.events.on(name, (event) => told.push({ name, ...event }))

    const email = freshEmail()
    const { user, refreshToken } = await signUp(app, { email })
    const login = (password = PASSWORD) =>
      post(app, '/auth/login', { email, password }, { 'user-agent': 'x'.repeat(600) })
    await login('not the password')
    const { accessToken } = (await login()).body
    for (const _ of [1, 2]) await post(app, '/auth/refresh', { refreshToken })
    const payload = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
    const headers = bearer(String(accessToken))
    const changed = await call(app, { method: 'POST', url: '/auth/change-password', payload, headers })
    await call(app, { method: 'POST', url: '/auth/logout', headers: bearer(String(changed.body.accessToken)) })

    const events = await app.auth.events.list({ userId: user.id })
    t.same(names(events), ['signup', 'login-failed', 'login', 'refresh-reused', 'password-changed', 'logout'])
    t.same([...events].reverse(), told, 'as they were told')
    t.ok(events.every(({ userId, at }) => userId === user.id && Math.abs(Date.now() - at.getTime()) < 60_000))
    t.match(events[4], { ip: '127.0.0.1', userAgent: 'x'.repeat(512) })

    t.test('the newest first, and so many at most', async (t) => {
      t.same(await app.auth.events.list({ userId: user.id, limit: 2 }), events.slice(0, 2))
      for (const limit of [0, 1001, 1.5, '2']) {
        const listed = app.auth.events.list({ userId: user.id, limit: limit as number })
        await t.rejects(listed, { code: 'FST_ERR_VALIDATION' })
      }
      t.same(await app.auth.events.list({ userId: 'nobody' }), [])
    })

    t.test('and they outlive the process', async (t) => {
      await app.close()
      const other = await startApp(t, { storage: url })
      t.same(await other.auth.events.list({ userId: user.id }), events)
    })
  })
}

t.test('LG1 what was refused, and what the host did to an account', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  const { user, accessToken } = await signUp(app, { email })
  const password = 'not the password'
  const headers = { ...bearer(accessToken), 'user-agent': 'Mallory/1.0' }
  await post(app, '/auth/change-password', { currentPassword: password, newPassword: NEW_PASSWORD }, headers)
  await post(app, '/auth/change-email', { newEmail: freshEmail(), password }, headers)
  await call(app, { method: 'DELETE', url: '/auth/me', payload: { password }, headers })
  await app.auth.sessions.endAll(user.id)
  await app.auth.users.disable(user.id)
  const refused = await post(app, '/auth/login', { email, password: PASSWORD })
  t.equal(refused.body.code, 'AUTH_ACCOUNT_DISABLED')
  await app.auth.users.enable(user.id)
  await app.auth.users.setPassword(user.id, NEW_PASSWORD)
  await mail.next(email)

  const events = [...(await app.auth.events.list({ userId: user.id }))].reverse()
  const failures = Array.from({ length: 3 }, () => 'password-failed')
  const acts = ['session-ended', 'user-disabled', 'login-refused', 'user-enabled', 'password-changed']
  t.same(
    events.map(({ name }) => name),
    ['signup', ...failures, ...acts]
  )
  for (const failed of events.slice(1, 4)) t.match(failed, { ip: '127.0.0.1', userAgent: 'Mallory/1.0' })
  t.ok(events[4]?.sessionId, 'which session it was')
})

t.test('LG1 the right password of a sign-up that is not proven is told, of nobody', async (t) => {
  const { app } = await startMailApp(t, { email: { verification: 'required' } })
  const told: unknown[] = []
  app.auth.events.on('login-refused', ({ userId, ip }) => told.push({ userId, ip }))
  const account = { email: freshEmail(), password: PASSWORD }
  await post(app, '/auth/signup', account)
  await post(app, '/auth/login', { ...account, password: 'not the password' })
  t.same(told, [])
  t.equal((await post(app, '/auth/login', account)).status, 403)
  t.same(told, [{ userId: null, ip: '127.0.0.1' }])
})

t.test('of a session\u2019s replays the first is kept, however many come', async (t) => {
  const app = await startApp(t, { password: CHEAP })
  const { user, refreshToken } = await signUp(app)
  let token = refreshToken
  for (let round = 0; round < 5; round++) {
    const { body } = await post(app, '/auth/refresh', { refreshToken: token })
    for (const _ of [1, 2]) await post(app, '/auth/refresh', { refreshToken: token })
    await app.auth.events.list({ userId: user.id })
    token = String(body.refreshToken)
  }
  t.same(names(await app.auth.events.list({ userId: user.id })), ['signup', 'refresh-replayed'])
})

t.test('nothing grows with the number of refreshes, nor with tries at names that nobody has', async (t) => {
  const storage = sqliteFile(t)
  const app = await startApp(t, { storage, password: CHEAP })
  const { refreshToken } = await signUp(app)
  let failed = 0
  app.auth.events.on('login-failed', () => failed++)
  let token = refreshToken
  for (let round = 0; round < 20; round++) {
    token = String((await post(app, '/auth/refresh', { refreshToken: token })).body.refreshToken)
    await post(app, '/auth/login', { email: freshEmail(), password: PASSWORD })
  }
  await app.close()
  t.equal(failed, 20, 'told')
  t.match(await runSql(storage, 'select name from auth_events'), [{ name: 'signup' }])
})

t.test('events of many requests are one statement, behind the answers', async (t) => {
  const app = await startApp(t, { storage: await postgresDatabase(t), password: CHEAP })
  const email = freshEmail()
  const { user } = await signUp(app, { email })
  await app.auth.events.list({ userId: user.id })
  const written = async (work: () => Promise<unknown>) =>
    (await everyStatementOf(work)).filter((sql) => sql.includes('insert into "auth_events"')).length
  const logIn = () =>
    Promise.all(Array.from({ length: 20 }, () => post(app, '/auth/login', { email, password: PASSWORD })))
  t.equal(await written(logIn), 0)
  t.equal(await written(() => events(app, user.id)), 1)
  t.equal((await events(app, user.id)).length, 21)
  t.equal(await written(() => sleep(600)), 0, 'and none while nothing happens')
})

t.test('nobody has to ask for them to be written', async (t) => {
  const storage = sqliteFile(t)
  const app = await startApp(t, { storage, password: CHEAP })
  await signUp(app)
  while ((await runSql(storage, 'select name from auth_events')).length === 0) await sleep(50)
})

t.test('a listener that throws keeps none from being written', async (t) => {
  const app = await startApp(t, { password: CHEAP })
  app.auth.events.on('signup', () => {
    throw new Error('a fault of the host')
  })
  const { user, accessToken } = await signUp(app)
  t.equal((await get(app, '/protected', accessToken)).status, 200)
  t.same(names(await events(app, user.id)), ['signup'])
})

const events = (app: FastifyInstance, userId: string) => app.auth.events.list({ userId })
