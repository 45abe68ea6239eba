/**
 * Users are enumerated by how long a refusal takes (Django CVE-2024-39329, CVE-2025-13473; ASVS 6.3.8). Here a clock
 * tries it at the source, without the noise of a network: rounds in random order, each of which refuses every kind of
 * sign-in once, compared pair by pair. No time is asserted, only whether two kinds can be told apart.
 */
import t from 'tap'
import { createPasswords } from '../../src/password/hashing.ts'

const ROUNDS = 80
const WARM_UP = 10
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
  'skipped hash': async () => 'mismatch' as const,
  'cheaper decoy': () => weaker.verify(null, 'looking-glass')
}
type Kind = keyof typeof refusals
const kinds = Object.keys(refusals) as Kind[]

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function measure(): Promise<Record<Kind, number[]>> {
  const times = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const kind of shuffled(kinds)) {
      const begin = performance.now()
      const verdict = await refusals[kind]()
      const elapsed = performance.now() - begin
      if (verdict !== 'mismatch') throw new Error(`${kind}: ${verdict}`)
      if (round >= 0) times[kind].push(elapsed)
    }
  }
  return times
}

const times = await measure()
const typical = median(times['wrong password'])

/**
 * The median of the paired differences, as a share of one verification: a busy machine disturbs single rounds, which
 * the median does not see, and slows all kinds alike, which the share does not.
 */
function difference(kind: Kind): number {
  const share =
    median(times[kind].map((time, round) => time - (times['wrong password'][round] ?? Number.NaN))) / typical
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
