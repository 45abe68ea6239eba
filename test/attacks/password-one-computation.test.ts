/**
 * Users are enumerated by the hash that a server skips (Django CVE-2024-39329, CVE-2025-13473; ASVS 6.3.8): every
 * verification must cost one argon2 computation, no more and no less. What is counted here is the real function.
 */
import { createRequire } from 'node:module'
import t from 'tap'

type Computation = (...given: unknown[]) => Promise<unknown>

let computations = 0

/** Counts what was computed: a call that argon2 refuses, as with a hash that it cannot read, costs nothing. */
function counted(compute: Computation): Computation {
  return async (...given) => {
    const result = await compute(...given)
    computations += 1
    return result
  }
}

// Before anything imports it: an ES module takes what the CommonJS module holds at its first import.
const argon2: { hash: Computation; verify: Computation } = createRequire(import.meta.url)('@node-rs/argon2')
const hash = argon2.hash
argon2.hash = counted(argon2.hash)
argon2.verify = counted(argon2.verify)

const { createPasswords } = await import('../../src/password/hashing.ts')

const ARGON2 = { memoryCost: 19456, timeCost: 2, parallelism: 1 }
const passwords = createPasswords({ argon2: ARGON2, hashing: { concurrency: 2, queue: 32 } })

async function cost<T>(call: () => Promise<T>): Promise<{ result: T; computations: number }> {
  computations = 0
  const result = await call()
  return { result, computations }
}

t.test('every verification computes one hash', async (t) => {
  const stored = await passwords.hash('wonderland')
  const stale = String(await hash('wonderland', { ...ARGON2, memoryCost: 12288 }))
  const paths: [string, string | null, string, string][] = [
    ['right password', stored, 'wonderland', 'match'],
    ['wrong password', stored, 'looking-glass', 'mismatch'],
    ['no account, or one without a password', null, 'wonderland', 'mismatch'],
    ['a stored hash that cannot be read', 'unreadable', 'wonderland', 'mismatch'],
    ['an empty stored hash', '', 'wonderland', 'mismatch'],
    ['a stale hash, right password', stale, 'wonderland', 'match-stale'],
    ['a stale hash, wrong password', stale, 'looking-glass', 'mismatch'],
    ['an empty password', stored, '', 'mismatch']
  ]
  for (const [path, storedHash, password, result] of paths) {
    t.same(await cost(() => passwords.verify(storedHash, password)), { result, computations: 1 }, path)
  }
})

t.test('setting a password computes one hash', async (t) => {
  t.equal((await cost(() => passwords.hash('wonderland'))).computations, 1)
})

t.test('none is needed to start', async (t) => {
  computations = 0
  createPasswords({ argon2: ARGON2, hashing: { concurrency: 1, queue: 0 } })
  t.equal(computations, 0)
})

t.test('what is shed is shed before it is hashed, whether there is an account or not', async (t) => {
  const stored = await passwords.hash('wonderland')
  const narrow = createPasswords({ argon2: ARGON2, hashing: { concurrency: 1, queue: 1 } })
  const { result, computations } = await cost(() =>
    Promise.allSettled(Array.from({ length: 20 }, (_, index) => narrow.verify(index % 2 ? stored : null, 'wonderland')))
  )
  t.equal(result.filter(({ status }) => status === 'fulfilled').length, 2)
  t.equal(computations, 2)
})
