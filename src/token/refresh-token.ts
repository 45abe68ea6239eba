/**
 * What a client carries between access tokens:
 *
 *   rt_ + base64url( version 1 | kid 1 | session 16 | secret 16 | generation 4 | HMAC-SHA-256 32 )
 *
 * The secret is random and fixed at sign-in, storage holds its digest, the generation counts rotations. A successor is
 * recomputed from its predecessor, never stored; a forged token is refused without a query; a used one is recognised at
 * any age. A dump of the database, or the key alone, forges nothing.
 */
import { parse as uuidBytes, stringify as uuidString } from 'uuid'
import type { Key, Keyring } from '../crypto/keyring.ts'
import { digest, MAC_BYTES, mac, macMatches } from '../crypto/mac.ts'

const PREFIX = 'rt_' // secret scanners find it
const LABEL = 'rt1'
const VERSION = 1
const SESSION = 2
const SECRET = 18
const GENERATION = 34
const MAC = 38
const LENGTH = MAC + MAC_BYTES
const ENCODED_LENGTH = PREFIX.length + Math.ceil((LENGTH * 4) / 3)

/** An authentic refresh token, read. Whether its session lives is for storage to say. */
export interface RefreshToken {
  readonly sessionId: string
  readonly secret: Buffer
  readonly secretDigest: string
  readonly generation: number
}

export interface RefreshTokens {
  /** Signed with the first secret. */
  mint(session: { readonly sessionId: string; readonly secret: Buffer; readonly generation: number }): string
  /** Null for anything that we did not sign. */
  read(token: string): RefreshToken | null
}

export function createRefreshTokens(keyring: Keyring): RefreshTokens {
  const [signing] = keyring
  return {
    mint({ sessionId, secret, generation }) {
      const token = Buffer.allocUnsafe(LENGTH)
      token[0] = VERSION
      token[1] = signing.kid
      token.set(uuidBytes(sessionId), SESSION)
      token.set(secret, SECRET)
      token.writeUInt32BE(generation, GENERATION)
      token.set(mac(signing, LABEL, token.subarray(0, MAC)), MAC)
      return PREFIX + token.toString('base64url')
    },

    read(token) {
      if (token.length !== ENCODED_LENGTH || !token.startsWith(PREFIX)) return null
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url')
      // Node decodes leniently; one token has one spelling, so that no two spellings are two requests.
      if (bytes.length !== LENGTH || bytes[0] !== VERSION || PREFIX + bytes.toString('base64url') !== token) return null
      if (!signedByOneOf(keyring, bytes)) return null
      const secret = bytes.subarray(SECRET, GENERATION)
      return {
        sessionId: uuidString(bytes.subarray(SESSION, SECRET)),
        secret,
        secretDigest: digest(secret),
        generation: bytes.readUInt32BE(GENERATION)
      }
    }
  }
}

/** `kid` only chooses among our own keys (JW3); where two share one, each is tried. */
function signedByOneOf(keyring: readonly Key[], bytes: Buffer): boolean {
  return keyring.some(
    (key) => key.kid === bytes[1] && macMatches(key, LABEL, bytes.subarray(0, MAC), bytes.subarray(MAC))
  )
}
