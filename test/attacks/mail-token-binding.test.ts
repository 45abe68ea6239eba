/**
 * EM4, rows 25 and 33: a letter's token is good for its user, its purpose, and the address and password of its time.
 * Whatever changes one of them kills every token that came before.
 */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { mailServer, tokenOf } from '../support/mail-server.ts'

const NEW_PASSWORD = 'another good passphrase'

interface Victim {
  readonly id: string
  readonly email: string
  readonly accessToken: string
  readonly tokens: Readonly<Record<'verify' | 'reset' | 'change', string>>
}

const routes = { verify: 'verify-email', reset: 'reset-password', change: 'confirm-email-change' } as const

const use = (app: FastifyInstance, kind: keyof typeof routes, token: string) =>
  post(app, `/auth/${routes[kind]}`, { token, ...(kind === 'reset' && { newPassword: NEW_PASSWORD }) })

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  t.test(`what a token is bound to, on ${name}`, async (t) => {
    const mail = await mailServer(t)
    const app = await startApp(t, { storage: await storage(t), password: CHEAP, mailer: mail.url })

    async function victim(): Promise<Victim> {
      const [email, newEmail] = [freshEmail(), freshEmail()]
      const { user, accessToken } = await signUp(app, { email })
      const verify = tokenOf(await mail.next(email))
      await post(app, '/auth/forgot-password', { email })
      const reset = tokenOf(await mail.next(email))
      await app.auth.changeEmail(user.id, { newEmail, password: PASSWORD })
      const change = tokenOf(await mail.next(newEmail))
      return { id: user.id, email, accessToken, tokens: { verify, reset, change } }
    }

    /** A change of the address that began after the others' letters, and ends. */
    async function move({ id }: Victim) {
      const newEmail = freshEmail()
      await app.auth.changeEmail(id, { newEmail, password: PASSWORD })
      await app.auth.confirmEmailChange({ token: tokenOf(await mail.next(newEmail)) })
    }

    async function resetAgain({ email }: Victim) {
      await post(app, '/auth/forgot-password', { email })
      await app.auth.resetPassword({ token: tokenOf(await mail.next(email)), newPassword: NEW_PASSWORD })
    }

    const killers: Readonly<Record<string, (victim: Victim) => Promise<unknown>>> = {
      'a new password': ({ id }) =>
        app.auth.changePassword(id, { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }),
      'the same password, set again': ({ id }) =>
        app.auth.changePassword(id, { currentPassword: PASSWORD, newPassword: PASSWORD }),
      'a password that the host set': ({ id }) => app.auth.users.setPassword(id, NEW_PASSWORD),
      'a reset by another letter': resetAgain,
      'a new address': move,
      deletion: ({ id }) => app.auth.deleteMe(id, { password: PASSWORD })
    }

    for (const [event, happens] of Object.entries(killers)) {
      t.test(`${event} kills them all`, async (t) => {
        const target = await victim()
        await happens(target)
        for (const kind of ['change', 'verify', 'reset'] as const) {
          const { status, body } = await use(app, kind, target.tokens[kind])
          t.match([status, body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'], kind)
        }
      })
    }

    const harmless: Readonly<Record<string, (victim: Victim) => Promise<unknown>>> = {
      nothing: async () => {},
      'signing in': ({ email }) => app.auth.login({ email, password: PASSWORD }),
      'signing out everywhere': ({ id }) => app.auth.logoutAll(id),
      'somebody else\u2019s new password': async () =>
        app.auth.changePassword((await victim()).id, { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
    }

    for (const [event, happens] of Object.entries(harmless)) {
      t.test(`${event} kills none`, async (t) => {
        for (const kind of ['change', 'verify', 'reset'] as const) {
          const target = await victim()
          await happens(target)
          t.ok((await use(app, kind, target.tokens[kind])).status < 300, kind)
        }
      })
    }

    t.test('proving the address leaves the others as they are', async (t) => {
      const target = await victim()
      t.equal((await use(app, 'verify', target.tokens.verify)).status, 200)
      t.equal((await use(app, 'reset', target.tokens.reset)).status, 204)
    })

    t.test('a token is nothing to the routes of other purposes', async (t) => {
      const target = await victim()
      for (const kind of ['verify', 'reset', 'change'] as const) {
        for (const route of ['verify', 'reset', 'change'] as const) {
          if (kind === route) continue
          const { status, body } = await use(app, route, target.tokens[kind])
          t.match([status, body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'], `${kind} at ${route}`)
        }
        for (const [url, payload] of [
          ['/auth/refresh', { refreshToken: target.tokens[kind] }],
          ['/auth/refresh', { refreshToken: `rt_${target.tokens[kind]}` }]
        ] as const)
          t.equal((await post(app, url, payload)).status, 401)
        const asBearer = { url: '/protected', headers: { authorization: `Bearer ${target.tokens[kind]}` } }
        t.equal((await app.inject(asBearer)).statusCode, 401)
      }
      t.equal((await use(app, 'verify', target.accessToken)).status, 400, 'nor is an access token')
      t.equal((await use(app, 'change', target.tokens.change)).status, 200, 'nothing of this has consumed them')
    })
  })
}
