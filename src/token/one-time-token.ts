/**
 * What a letter's link carries:
 *
 *   base64url( version 1 | kid 1 | id 16 | HMAC-SHA-256 32 )
 *
 * Made when the letter is sent, from the id of a row and a key that storage does not have: no token is at rest (EM1).
 * The purpose is under the MAC, so that a token of one purpose is nothing to another.
 */
import { parse as uuidBytes, stringify as uuidString } from 'uuid'
import type { Keyring } from '../crypto/keyring.ts'
import { createSeal, MAC_BYTES, type Seal } from '../crypto/seal.ts'

const VERSION = 1
const ID = 2
const MAC = 18
const LENGTH = MAC + MAC_BYTES

export type TokenPurpose = 'email-verification' | 'password-reset' | 'email-change'

export interface OneTimeTokens {
  mint(purpose: TokenPurpose, id: string): string
  /** The id; null for anything that we did not sign for this purpose. No query is worth such a token (EM12). */
  read(purpose: TokenPurpose, token: string): string | null
}

export function createOneTimeTokens(keyring: Keyring): OneTimeTokens {
  const sealOf = (purpose: TokenPurpose) => createSeal(keyring, `ot1 ${purpose} `, LENGTH)
  const seals: Readonly<Record<TokenPurpose, Seal>> = {
    'email-verification': sealOf('email-verification'),
    'password-reset': sealOf('password-reset'),
    'email-change': sealOf('email-change')
  }
  return {
    mint(purpose, id) {
      const token = Buffer.allocUnsafe(LENGTH)
      token[0] = VERSION
      token.set(uuidBytes(id), ID)
      seals[purpose].set(token)
      return token.toString('base64url')
    },

    read(purpose, token) {
      const bytes = Buffer.from(token, 'base64url')
      // Node decodes leniently; one token has one spelling.
      if (bytes.length !== LENGTH || bytes[0] !== VERSION || bytes.toString('base64url') !== token) return null
      return seals[purpose].isOn(bytes) ? uuidString(bytes.subarray(ID, MAC)) : null
    }
  }
}
