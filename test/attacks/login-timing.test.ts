/**
 * AU6 by the clock, through HTTP: rounds in random order, each of which is refused once in every way, compared pair by pair.
 * No time is asserted, only whether two ways can be told apart; the two last ways are mistakes that a server could make.
 */
import t from 'tap'
import { freshEmail, post, signUp, startApp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { measureInRounds, pairedDifference } from '../support/paired-times.ts'

const ARGON2 = { memoryCost: 19456, timeCost: 2, parallelism: 1 }
const WRONG = 'not the password'

const storage = sqliteFile(t)
const app = await startApp(t, { storage, password: { argon2: ARGON2 } })
/** Compares strangers' passwords with a hash of half the memory: the accounts' own hashes are older and dearer. */
const careless = await startApp(t, { storage, password: { argon2: { ...ARGON2, memoryCost: ARGON2.memoryCost / 2 } } })

const known = freshEmail()
await signUp(app, { email: known })
const disabled = freshEmail()
await app.auth.users.disable((await signUp(app, { email: disabled })).user.id)

const times = await measureInRounds(
  {
    'wrong password': () => post(app, '/auth/login', { email: known, password: WRONG }),
    'wrong password again': () => post(app, '/auth/login', { email: known, password: WRONG }),
    'unknown account': () => post(app, '/auth/login', { email: freshEmail(), password: WRONG }),
    'disabled account': () => post(app, '/auth/login', { email: disabled, password: WRONG }),
    'skipped hash': () => post(app, '/auth/login', { email: known, password: 'x'.repeat(257) }),
    'cheaper decoy': () => post(careless, '/auth/login', { email: freshEmail(), password: WRONG })
  },
  { rounds: 60, warmUp: 8, expected: ({ status }) => status === 401 || status === 400 }
)

function difference(kind: keyof typeof times): number {
  const share = pairedDifference(times[kind], times['wrong password'])
  t.comment(`${kind}: ${(100 * share).toFixed(1)} % of a sign-in`)
  return Math.abs(share)
}

/** Half of what the smaller of the two mistakes, a decoy of half the memory, gives away; noise stays far below. */
const TELLABLE = 0.25

t.test('AU6, row 47 nobody can tell by the clock whether an account exists, or is disabled', async (t) => {
  t.ok(difference('wrong password again') < TELLABLE, 'the control, the same refusal twice, cannot be told apart')
  t.ok(difference('unknown account') < TELLABLE, 'nor can an unknown account')
  t.ok(difference('disabled account') < TELLABLE, 'nor one that is disabled')
})

t.test('the same measure notices a server that skips the hash, or compares with a cheaper one', async (t) => {
  t.ok(difference('skipped hash') > TELLABLE, 'a skipped hash is noticed')
  t.ok(difference('cheaper decoy') > TELLABLE, 'a decoy of half the memory is noticed')
})
