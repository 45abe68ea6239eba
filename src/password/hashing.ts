/** argon2id behind a bounded gate: PHC strings out, and exactly one computation for every verification. */
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hash, type ParsedHashOptions, parseOptions, verify } from '@node-rs/argon2'
import { createGate, type GateLimits } from './gate.ts'
import { normalisePassword } from './normalise.ts'

/** `Algorithm.Argon2id`: an ambient enum, which exists for the compiler only. */
const ARGON2ID = 2

export interface Argon2Parameters {
  /** KiB */
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

export interface PasswordSettings {
  readonly argon2: Argon2Parameters
  readonly hashing: GateLimits
}

/** `match-stale`: the password is right, its hash was not made with the current parameters and should be replaced. */
export type PasswordMatch = 'match' | 'match-stale' | 'mismatch'

/** Both verbs pass one gate: what one route keeps busy, no other can pile up. A refusal is `AUTH_OVERLOADED`. */
export interface Passwords {
  /** A PHC string of the current parameters, with a fresh random salt of 16 bytes (PW9). */
  hash(password: string): Promise<string>
  /** Give null where there is no account or no password: it takes as long, and never matches. */
  verify(storedHash: string | null, password: string): Promise<PasswordMatch>
  /** As `verify`, with what is looked up when there is a place at the gate: a flood is refused before it reaches storage. */
  verifyFound<Found extends { readonly passwordHash: string | null }>(
    lookUp: () => Promise<Found>,
    password: string
  ): Promise<{ readonly found: Found; readonly match: PasswordMatch }>
}

export function createPasswords({ argon2, hashing }: PasswordSettings): Passwords {
  const gate = createGate(hashing)
  const decoy = decoyHash(argon2)
  const current = parseOptions(decoy)

  async function compare(storedHash: string | null, password: string): Promise<PasswordMatch> {
    const stored = storedHash === null ? null : readHash(storedHash)
    // One computation on every path, of the current cost when there is nothing to compare with: the time tells nobody
    // whether an account exists (ASVS 6.3.8, CVE-2025-13473).
    const matches = await verify(stored?.phc ?? decoy, normalisePassword(password))
    if (stored === null || !matches) return 'mismatch'
    // Any difference is stale, a stronger hash too: accounts of another cost than the decoy's could be told apart (PW10).
    return isDeepStrictEqual(stored.parameters, current) ? 'match' : 'match-stale'
  }

  return {
    hash(password) {
      return gate.run(() => hash(normalisePassword(password), { ...argon2, algorithm: ARGON2ID }))
    },

    verify: (storedHash, password) => gate.run(() => compare(storedHash, password)),

    verifyFound(lookUp, password) {
      return gate.admit(async (costly) => {
        const found = await lookUp()
        return { found, match: await costly(() => compare(found.passwordHash, password)) }
      })
    }
  }
}

/** A hash that no known password has: its digest is random, not computed. */
function decoyHash({ memoryCost, timeCost, parallelism }: Argon2Parameters): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${randomBase64(16)}$${randomBase64(32)}`
}

/** The PHC string format has no padding. */
function randomBase64(bytes: number): string {
  return randomBytes(bytes).toString('base64').replaceAll('=', '')
}

/** Null for what argon2 cannot read, which it would refuse in no time at all. */
function readHash(phc: string): { readonly phc: string; readonly parameters: ParsedHashOptions } | null {
  try {
    return { phc, parameters: parseOptions(phc) }
  } catch {
    return null
  }
}
