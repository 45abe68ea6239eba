/** EM3: how long a letter's link works, to the second, from the moment when the letter is handed over. */
import t from 'tap'
import { type Answer, freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'

const HOURS = 3600
const PURPOSES = {
  verify: 'verify-email',
  pending: 'verify-email',
  reset: 'reset-password',
  change: 'change-email'
} as const

const LIVES = { verify: 24 * HOURS, pending: 24 * HOURS, reset: 15 * 60, change: 24 * HOURS } as const

type Kind = keyof typeof LIVES

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  t.test(`the life of a link on ${name}`, async (t) => {
    let now = Date.parse('2031-05-06T07:08:09.500Z')
    let works = true
    const texts = new Map<string, string>()
    const start = async (verification: 'optional' | 'required') =>
      startApp(t, {
        storage: await storage(t),
        password: CHEAP,
        clock: () => new Date(now),
        email: { verification },
        mailer: async ({ to, purpose, text }) => {
          if (!works) throw new Error('not now')
          texts.set(`${purpose} ${to.address}`, text)
        }
      })
    const apps = { optional: await start('optional'), required: await start('required') }
    const appOf = (kind: Kind) => (kind === 'pending' ? apps.required : apps.optional)

    /** Asks for a letter of the kind, and gives back the address that it goes to. */
    const ask: Record<Kind, () => Promise<string>> = {
      async verify() {
        const { user } = await signUp(apps.optional)
        return String(user.email)
      },
      async pending() {
        const email = freshEmail()
        await post(apps.required, '/auth/signup', { email, password: PASSWORD })
        return email
      },
      async reset() {
        const email = await ask.verify()
        await post(apps.optional, '/auth/forgot-password', { email })
        return email
      },
      async change() {
        const { user } = await signUp(apps.optional)
        const newEmail = freshEmail()
        await apps.optional.auth.changeEmail(user.id, { newEmail, password: PASSWORD })
        return newEmail
      }
    }
    const use: Record<Kind, (token: string) => Promise<Answer>> = {
      verify: (token) => post(apps.optional, '/auth/verify-email', { token }),
      pending: (token) => post(apps.required, '/auth/verify-email', { token }),
      reset: (token) => post(apps.optional, '/auth/reset-password', { token, newPassword: 'another good passphrase' }),
      change: (token) => post(apps.optional, '/auth/confirm-email-change', { token })
    }

    for (const kind of Object.keys(LIVES) as Kind[]) {
      for (const delay of [0, 3 * HOURS]) {
        t.test(`${kind}, in a letter that leaves ${delay} s after it was asked for`, async (t) => {
          const handOver = async () => {
            works = delay === 0
            const address = await ask[kind]()
            await appOf(kind).auth.mail.flush()
            now += delay * 1000
            works = true
            await appOf(kind).auth.mail.flush()
            return tokenOf({ text: texts.get(`${PURPOSES[kind]} ${address}`) ?? '' })
          }
          const early = await handOver()
          now += (LIVES[kind] - 1) * 1000
          t.match((await use[kind](early)).status, kind === 'reset' ? 204 : 200, 'a second before its end')

          const late = await handOver()
          now += (LIVES[kind] + 1) * 1000
          t.match((await use[kind](late)).body, { code: 'AUTH_ONE_TIME_TOKEN_INVALID' }, 'a second after its end')
          now -= 2000
          t.match((await use[kind](late)).status, kind === 'reset' ? 204 : 200, 'it was its age')
        })
      }
    }
  })
}

t.test('the options say how long', async (t) => {
  let now = Date.parse('2031-05-06T07:08:09.500Z')
  const texts = new Map<string, string>()
  const app = await startApp(t, {
    password: CHEAP,
    clock: () => new Date(now),
    email: { resetTtl: '2m', verifyTtl: 90 },
    mailer: async ({ to, purpose, text }) => void texts.set(`${purpose} ${to.address}`, text)
  })
  for (const [wait, verified, reset] of [
    [89, 200, 204],
    [91, 400, 204],
    [119, 400, 204],
    [121, 400, 400]
  ] as const) {
    const email = freshEmail()
    await signUp(app, { email })
    await post(app, '/auth/forgot-password', { email })
    await app.auth.mail.flush()
    now += wait * 1000
    const verifying = { token: tokenOf({ text: texts.get(`verify-email ${email}`) ?? '' }) }
    t.equal((await post(app, '/auth/verify-email', verifying)).status, verified, `verify after ${wait} s`)
    const resetting = { token: tokenOf({ text: texts.get(`reset-password ${email}`) ?? '' }), newPassword: PASSWORD }
    t.equal((await post(app, '/auth/reset-password', resetting)).status, reset, `reset after ${wait} s`)
  }
})
