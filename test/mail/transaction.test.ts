/** The verbs of the mail flows inside a host's own transaction: a letter goes out with its cause, or neither happens. */
import type { FastifyInstance } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import t from 'tap'
import { hostDatabases } from '../hosts/kysely.ts'
import { freshEmail, PASSWORD, startApp } from '../support/app.ts'
import { CHEAP } from '../support/mail-app.ts'
import { mailServer, tokenOf } from '../support/mail-server.ts'

const NEW_PASSWORD = 'another good passphrase'
const ROLLBACK = new Error('rollback')

type Work = (trx: Transaction<unknown>) => Promise<unknown>

async function undone(db: Kysely<unknown>, work: Work): Promise<void> {
  try {
    await db.transaction().execute(async (trx) => {
      await work(trx)
      throw ROLLBACK
    })
  } catch (error) {
    if (error !== ROLLBACK) throw error
  }
}

const done = (db: Kysely<unknown>, work: Work) => db.transaction().execute(work)

for (const { name, open } of hostDatabases) {
  for (const verification of ['optional', 'required'] as const) {
    t.test(`in a transaction on ${name}, with verification ${verification}`, async (t) => {
      const db = await open(t)
      const mail = await mailServer(t)
      const app = await startApp(t, { storage: db, password: CHEAP, mailer: mail.url, email: { verification } })
      const email = freshEmail()
      const newEmail = freshEmail()
      let letters = 0

      /** First undone, then done, and each time what goes out is counted. */
      async function both(what: string, work: Work, sent: number): Promise<void> {
        await undone(db, work)
        await app.auth.mail.flush()
        t.equal(mail.letters.length, letters, `${what}, undone`)
        await done(db, work)
        await app.auth.mail.flush()
        letters += sent
        t.equal(mail.letters.length, letters, `${what}, done`)
      }

      await both('signing up', (trx) => app.auth.signup({ email, password: PASSWORD }, { trx }), 1)
      const token = tokenOf(await mail.next(email))
      await both('the click', (trx) => app.auth.verifyEmail({ token }, { trx }), 0)
      const { id } = await userOf(app, email, PASSWORD)
      await both('asking again', (trx) => app.auth.resendVerification({ email }, { trx }), 0)

      await both('forgetting', (trx) => app.auth.forgotPassword({ email }, { trx }), 1)
      const reset = { token: tokenOf(await mail.next(email)), newPassword: NEW_PASSWORD }
      await both('the reset', (trx) => app.auth.resetPassword(reset, { trx }), 1)
      await mail.next(email)
      t.equal((await userOf(app, email, NEW_PASSWORD)).emailVerified, true)

      const change = { currentPassword: NEW_PASSWORD, newPassword: PASSWORD }
      await both('changing the password', (trx) => app.auth.changePassword(id, change, { trx }), 1)
      await mail.next(email)

      const moving = { newEmail, password: PASSWORD }
      await both('changing the address', (trx) => app.auth.changeEmail(id, moving, { trx }), 1)
      const move = { token: tokenOf(await mail.next(newEmail)) }
      await both('confirming it', (trx) => app.auth.confirmEmailChange(move, { trx }), 1)
      t.equal((await userOf(app, newEmail, PASSWORD)).id, id)

      await both('deleting', (trx) => app.auth.deleteMe(id, { password: PASSWORD }, { trx }), 1)
      await t.rejects(userOf(app, newEmail, PASSWORD), { code: 'AUTH_CREDENTIALS_INVALID' })
    })
  }
}

async function userOf(app: FastifyInstance, email: string, password: string) {
  return (await app.auth.login({ email, password })).user
}
