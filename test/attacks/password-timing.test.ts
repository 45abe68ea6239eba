/**
 * Users are enumerated by how long a refusal takes (Django CVE-2024-39329, CVE-2025-13473; ASVS 6.3.8). Here a clock
 * tries it at the source, without the noise of a network: rounds in random order, each of which refuses every kind of
 * sign-in once, compared pair by pair. No time is asserted, only whether two kinds can be told apart.
 */
import t from 'tap'
import { createPasswords } from '../../src/password/hashing.ts'
import { measureInRounds, pairedDifference } from '../support/paired-times.ts'

const ARGON2 = { memoryCost: 19456, timeCost: 2, parallelism: 1 }
const HASHING = { concurrency: 1, queue: 0 }

const passwords = createPasswords({ argon2: ARGON2, hashing: HASHING })
const weaker = createPasswords({ argon2: { ...ARGON2, memoryCost: ARGON2.memoryCost / 2 }, hashing: HASHING })
const stored = await passwords.hash('wonderland')

/** Each kind refuses the same wrong password; the two last are mistakes that a server could make. */
const refusals = {
  'wrong password': () => passwords.verify(stored, 'looking-glass'),
  'wrong password again': () => passwords.verify(stored, 'looking-glass'),
  'no account': () => passwords.verify(null, 'looking-glass'),
  'unreadable hash': () => passwords.verify('unreadable', 'looking-glass'),
  'skipped hash': async () => 'mismatch',
  'cheaper decoy': () => weaker.verify(null, 'looking-glass')
}

const times = await measureInRounds<keyof typeof refusals, string>(refusals, {
  rounds: 80,
  warmUp: 10,
  expected: (verdict) => verdict === 'mismatch'
})

function difference(kind: keyof typeof refusals): number {
  const share = pairedDifference(times[kind], times['wrong password'])
  t.comment(`${kind}: ${(100 * share).toFixed(1)} % of a verification`)
  return Math.abs(share)
}

/** Half of what the smaller of the two mistakes, a decoy of half the memory, gives away; noise stays far below. */
const TELLABLE = 0.25

t.test('an unknown account takes as long as a wrong password', async (t) => {
  t.ok(difference('wrong password again') < TELLABLE, 'the control, the same refusal twice, cannot be told apart')
  t.ok(difference('no account') < TELLABLE, 'nor can an unknown account')
})

t.test('a stored hash that cannot be read takes as long as a wrong password', async (t) => {
  t.ok(difference('unreadable hash') < TELLABLE, 'it cannot be told apart')
})

t.test('the same measure notices a server that skips the hash, or compares with a cheaper one', async (t) => {
  t.ok(difference('skipped hash') > TELLABLE, 'a skipped hash is noticed')
  t.ok(difference('cheaper decoy') > TELLABLE, 'a decoy of half the memory is noticed')
})
