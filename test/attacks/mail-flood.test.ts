/** A stranger who asks for letters in somebody's name: the mailbox stays usable, and the owner's own letter comes through. */
import t from 'tap'
import { freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'

const HOUR = 3600

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  t.test(`a flood of letters on ${name}`, async (t) => {
    let now = Date.parse('2031-05-06T07:08:09.500Z')
    const sent: { readonly at: number; readonly address: string; readonly purpose: string; readonly text: string }[] =
      []
    const app = await startApp(t, {
      storage: await storage(t),
      rateLimit: undefined,
      password: CHEAP,
      clock: () => new Date(now),
      mailer: async ({ to: { address }, purpose, text }) => void sent.push({ at: now, address, purpose, text })
    })
    const newcomer = async () => {
      const email = freshEmail()
      await post(app, '/auth/signup', { email, password: PASSWORD })
      await app.auth.mail.flush()
      now += 2 * HOUR * 1000
      sent.length = 0
      return email
    }
    const forget = async (email: string) => {
      const { status, body } = await post(app, '/auth/forgot-password', { email })
      t.same([status, body], [202, { status: 'check_email' }])
      await app.auth.mail.flush()
      now += 1000
    }

    t.test('an address gets five letters an hour, in any spelling, and the same answer all the while', async (t) => {
      const email = await newcomer()
      const begun = now
      for (let number = 0; number < 12; number += 1) await forget(number % 2 ? email : email.toUpperCase())
      t.equal(sent.length, 5)
      for (let minute = 0; minute < 180; minute += 10) {
        now = begun + minute * 60_000
        await app.auth.mail.flush()
      }
      t.equal(sent.length, 6, 'of those that were held back one goes out later')
      t.ok((sent.at(-1)?.at ?? 0) - begun >= HOUR * 1000)
    })

    t.test('the newest letter is the one that goes out, and its link works', async (t) => {
      const email = await newcomer()
      for (let number = 0; number < 9; number += 1) await forget(email)
      t.equal(sent.length, 5)
      const asked = Date.now()
      await forget(email)
      now += HOUR * 1000
      await app.auth.mail.flush()
      t.equal(sent.length, 6, 'the owner\u2019s, in place of the strangers\u2019')
      const token = tokenOf(sent.at(-1) ?? { text: '' })
      t.ok(madeAt(token) >= asked)
      t.equal((await post(app, '/auth/reset-password', { token, newPassword: 'another good passphrase' })).status, 204)
    })

    t.test('one mailbox that is full is nobody else\u2019s', async (t) => {
      const [full, other] = [await newcomer(), await newcomer()]
      for (let number = 0; number < 6; number += 1) await forget(full)
      await forget(other)
      t.equal(sent.filter(({ address }) => address === other).length, 1)
    })

    t.test('a stranger cannot keep the owner from hearing what was changed', async (t) => {
      const email = await newcomer()
      for (let number = 0; number < 6; number += 1) await forget(email)
      const token = tokenOf(sent.at(-1) ?? { text: '' })
      t.equal((await post(app, '/auth/reset-password', { token, newPassword: 'another good passphrase' })).status, 204)
      await app.auth.mail.flush()
      now += HOUR * 1000
      await app.auth.mail.flush()
      t.equal(sent.filter(({ purpose }) => purpose === 'password-changed').length, 1)
    })
  })
}

t.test('`rateLimit: false` lifts it', async (t) => {
  const purposes: string[] = []
  const mailer = async ({ purpose }: { readonly purpose: string }) => void purposes.push(purpose)
  const app = await startApp(t, { rateLimit: false, password: CHEAP, mailer })
  const { user } = await signUp(app)
  for (let number = 0; number < 12; number += 1) {
    await app.auth.mail.flush()
    await post(app, '/auth/forgot-password', { email: user.email })
  }
  await app.auth.mail.flush()
  t.equal(purposes.filter((purpose) => purpose === 'reset-password').length, 12)
})

/** RFC 9562 5.7: the letter's id, which its token holds, begins with the time when it was asked for. */
function madeAt(token: string): number {
  return Buffer.from(token, 'base64url').readUIntBE(2, 6)
}
