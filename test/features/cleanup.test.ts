import type { Kysely } from 'kysely'
import t from 'tap'
import type { SessionAnswer } from '../../src/index.ts'
import { openHost } from '../hosts/host.ts'
import { hostDatabases } from '../hosts/kysely.ts'
import { freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'

const DAY = 24 * 60 * 60 * 1000
const nothing = { sessions: 0, oneTimeTokens: 0, events: 0 }

for (const { name, storage } of eachDatabase) {
  t.test(`what is over goes after a while on ${name}`, async (t) => {
    let days = 0
    const clock = () => new Date(Date.now() + days * DAY)
    const email = { verification: 'required' } as const
    const { app, mail } = await startMailApp(t, { storage: await storage(t), email, clock })
    const [known, unproven] = [freshEmail(), freshEmail()]
    await post(app, '/auth/signup', { email: known, password: PASSWORD })
    t.equal((await click(app, await mail.next(known))).status, 200)
    await post(app, '/auth/signup', { email: unproven, password: PASSWORD })
    await mail.next(unproven)
    const signIn = async (address: string) =>
      (await post(app, '/auth/login', { email: address, password: PASSWORD })).body
    const { user, refreshToken } = (await signIn(known)) as unknown as SessionAnswer
    t.same(await app.auth.cleanup(), nothing)

    days = 29
    const { accessToken } = (await signIn(known)) as unknown as SessionAnswer
    t.same(await app.auth.cleanup(), nothing)
    t.match(await post(app, '/auth/refresh', { refreshToken }), { body: { code: 'AUTH_SESSION_ENDED' } })
    t.match(await signIn(unproven), { code: 'AUTH_EMAIL_UNVERIFIED' })

    days = 62
    t.same(await app.auth.cleanup(), { ...nothing, sessions: 1, oneTimeTokens: 2 })
    t.match(await post(app, '/auth/refresh', { refreshToken }), { body: { code: 'AUTH_REFRESH_TOKEN_INVALID' } })
    t.match(await signIn(unproven), { code: 'AUTH_CREDENTIALS_INVALID' })
    t.equal((await app.auth.users.get(user.id)).email, known)
    t.ok(accessToken)

    days = 364
    const before = await app.auth.events.list({ userId: user.id })
    t.same(await app.auth.cleanup(), { ...nothing, sessions: 1 })
    t.same(await app.auth.events.list({ userId: user.id }), before)
    days = 366
    t.same(await app.auth.cleanup(), { ...nothing, events: before.length - 1 })
    t.match(await app.auth.events.list({ userId: user.id }), [{ name: 'login' }])
  })
}

for (const { name, open } of hostDatabases) {
  t.test(`inside the host's own transaction it is rolled back with it on ${name}`, async (t) => {
    const storage = (await open(t)) as Kysely<unknown>
    let days = 0
    const clock = () => new Date(Date.now() + days * DAY)
    const app = await openHost(t, (_, register) => register({ storage, clock }))
    await signUp(app)
    days = 100
    const gone = { ...nothing, sessions: 1 }
    const attempt = storage.transaction().execute(async (trx) => {
      t.same(await app.auth.cleanup({ trx }), gone)
      throw new Error('the host changes its mind')
    })
    await t.rejects(attempt, { message: 'the host changes its mind' })
    t.same(await app.auth.cleanup(), gone)
  })
}

t.test('sessions that live stay, and so do the users of those that are gone', async (t) => {
  let days = 0
  const clock = () => new Date(Date.now() + days * DAY)
  const app = await startApp(t, { password: CHEAP, clock })
  const account = { email: freshEmail() }
  await signUp(app, account)
  days = 90
  const { body } = await post(app, '/auth/login', { ...account, password: PASSWORD })
  t.match(await app.auth.cleanup(), { sessions: 1 })
  t.equal((await get(app, '/auth/me', String(body.accessToken))).status, 200)
})
