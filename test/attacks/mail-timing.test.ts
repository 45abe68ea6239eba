/**
 * AU7 by the clock: rounds in random order, each of which asks once in every way, compared pair by pair. No time
 * is asserted, only whether two ways can be told apart; the last two are mistakes that a server could make.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { bearer, freshEmail, PASSWORD, post, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'
import { measureInRounds, pairedDifference } from '../support/paired-times.ts'

const texts = new Map<string, string>()
const app = await startApp(t, {
  storage: await postgresDatabase(t),
  password: CHEAP,
  email: { verification: 'required' },
  mailer: async ({ to, text }) => void texts.set(to.address, text)
})

const address = (name: string) => `${name}@${freshEmail().split('@')[1]}`
const [known, taken] = [address('aaaaaa'), address('cccccc')]
for (const email of [known, taken]) {
  await post(app, '/auth/signup', { email, password: PASSWORD })
  await app.auth.mail.flush()
  await post(app, '/auth/verify-email', { token: tokenOf({ text: texts.get(email) ?? '' }) })
}
const { user, accessToken } = await app.auth.login({ email: known, password: PASSWORD })

const forget = (email: string) => post(app, '/auth/forgot-password', { email })
const resend = (email: string) => post(app, '/auth/resend-verification', { email })
const move = (newEmail: string) =>
  post(app, '/auth/change-email', { newEmail, password: PASSWORD }, bearer(accessToken))
const signup = (email: string) => post(app, '/auth/signup', { email, password: PASSWORD })

const times = await measureInRounds(
  {
    'forgetting, unknown': () => forget(address('bbbbbb')),
    'forgetting, unknown again': () => forget(address('bbbbbb')),
    'forgetting, known': () => forget(known),
    'asking again, unknown': () => resend(address('bbbbbb')),
    'asking again, known': () => resend(known),
    'signing up, unknown': () => signup(address('bbbbbb')),
    'signing up, known': () => signup(known),
    'moving, unknown': () => move(address('bbbbbb')),
    'moving, known': () => move(taken),
    'a look at the account first': async () => {
      await app.auth.users.get(user.id)
      return forget(known)
    },
    'a letter that is waited for': async () => {
      const answer = await forget(known)
      await sleep(2)
      return answer
    }
  },
  { rounds: 400, warmUp: 30, expected: ({ status }) => status === 202 }
)

type Kind = keyof typeof times

function difference(kind: Kind, reference: Kind): number {
  const share = pairedDifference(times[kind], times[reference])
  t.comment(`${kind}: ${(100 * share).toFixed(1)} % of ${reference}`)
  return Math.abs(share)
}

/** Well below what the smaller of the two mistakes gives away, which is one statement; noise stays below. */
const TELLABLE = 0.2

t.test('AU7, row 47 nobody can tell by the clock whether an address is somebody\u2019s', async (t) => {
  t.ok(difference('forgetting, unknown again', 'forgetting, unknown') < TELLABLE, 'the control')
  t.ok(difference('forgetting, known', 'forgetting, unknown') < TELLABLE, 'forgetting')
  t.ok(difference('asking again, known', 'asking again, unknown') < TELLABLE, 'asking again')
  t.ok(difference('signing up, known', 'signing up, unknown') < TELLABLE, 'signing up')
  t.ok(difference('moving, known', 'moving, unknown') < TELLABLE, 'moving')
})

t.test('the same measure notices a server that looks the account up, or waits for its mail server', async (t) => {
  t.ok(difference('a look at the account first', 'forgetting, unknown') > TELLABLE)
  t.ok(difference('a letter that is waited for', 'forgetting, unknown') > TELLABLE)
})
