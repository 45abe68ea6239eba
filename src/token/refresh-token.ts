/**
 * What a client carries between access tokens:
 *
 *   rt_ + base64url( version 1 | kid 1 | session 16 | secret 16 | generation 4 | HMAC-SHA-256 32 )
 *
 * The secret is random and fixed at sign-in, storage holds its digest, the generation counts rotations. A successor is
 * recomputed from its predecessor, never stored; a forged token is refused without a query; a used one is recognised at
 * any age. A dump of the database, or the key alone, forges nothing.
 */
import { parse as uuidBytes } from 'uuid'
import { digest } from '../crypto/digest.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { createSeal, MAC_BYTES } from '../crypto/seal.ts'

const PREFIX = 'rt_' // secret scanners find it
const LABEL = 'rt1'
const VERSION = 1
const SESSION = 2
const SECRET = 18
const GENERATION = 34
const MAC = 38
const LENGTH = MAC + MAC_BYTES
/** One token has one spelling, so that no two spellings are two requests: Node decodes leniently. */
const SPELLING = /^rt_[\w-]{93}[AQgw]$/

/** An authentic refresh token, read. Whether its session lives is for storage to say. */
export interface RefreshToken {
  readonly sessionId: string
  readonly secretDigest: string
  readonly generation: number
  readonly bytes: Buffer
}

export interface RefreshTokens {
  /** The first of a session, sealed with the first secret. */
  mint(session: { readonly sessionId: string; readonly secret: Buffer }): string
  /** Null for anything that we did not sign. */
  read(token: string): RefreshToken | null
  /** The same session's of another generation, sealed with the first secret whichever sealed this one. */
  renew(token: RefreshToken, generation: number): string
}

export function createRefreshTokens(keyring: Keyring): RefreshTokens {
  const seal = createSeal(keyring, LABEL, LENGTH)

  /** Each is made here and leaves as text at once. */
  const token = Buffer.alloc(LENGTH)

  function sealed(generation: number): string {
    token.writeUInt32BE(generation, GENERATION)
    seal.set(token)
    return PREFIX + token.toString('base64url')
  }

  return {
    mint({ sessionId, secret }) {
      token[0] = VERSION
      token.set(uuidBytes(sessionId), SESSION)
      token.set(secret, SECRET)
      return sealed(0)
    },

    read(text) {
      if (!SPELLING.test(text)) return null
      const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url')
      if (bytes[0] !== VERSION || !seal.isOn(bytes)) return null
      return {
        sessionId: uuidString(bytes),
        secretDigest: digest(bytes.subarray(SECRET, GENERATION)),
        generation: bytes.readUInt32BE(GENERATION),
        bytes
      }
    },

    renew({ bytes }, generation) {
      token.set(bytes)
      return sealed(generation)
    }
  }
}

/** RFC 9562 4. It is one, since we have sealed it. */
function uuidString(bytes: Buffer): string {
  const hex = bytes.toString('hex', SESSION, SECRET)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
