import { hash, timingSafeEqual } from 'node:crypto'
import type { Key, Keyring } from './keyring.ts'

export const MAC_BYTES = 32
const KID = 1

/** What makes a token ours: its second byte names a key, its last bytes are the MAC of all before them. */
export interface Seal {
  /** With the first key. */
  set(token: Buffer): void
  /** By any of the keys. */
  isOn(token: Buffer): boolean
}

/** For tokens of one length, under a label of their own, so that two uses of one key cannot be swapped. */
export function createSeal(keyring: Keyring, label: string, tokenBytes: number): Seal {
  const textBytes = tokenBytes - MAC_BYTES
  const signers = keyring.map((key) => ({ kid: key.kid, mac: createMac(key, label, textBytes) }))
  const [signing] = signers as [(typeof signers)[number]]
  return {
    set(token) {
      token.writeUInt8(signing.kid, KID)
      token.write(signing.mac(token), textBytes, 'binary')
    },

    isOn(token) {
      if (token.length !== tokenBytes) return false
      // `kid` only chooses among our own keys (JW3); where two share one, each is tried. OP1: the comparison takes the
      // same time wherever the two differ.
      return signers.some(
        ({ kid, mac }) =>
          kid === token[KID] && timingSafeEqual(Buffer.from(mac(token), 'binary'), token.subarray(textBytes))
      )
    }
  }
}

/**
 * HMAC-SHA-256 (RFC 2104) of the first bytes, as text of one byte a character: Node hands it over at a quarter of the
 * price of a Buffer.
 *
 * Of two hashes, in memory that is used again and again, since a refresh needs two of these: `createHmac` costs four
 * times as much, most of it for what each call leaves to the garbage collector.
 */
function createMac({ innerPad, outerPad }: Key, label: string, textBytes: number): (token: Buffer) => string {
  const inner = Buffer.concat([innerPad, Buffer.from(label), Buffer.alloc(textBytes)])
  const outer = Buffer.concat([outerPad, Buffer.alloc(MAC_BYTES)])
  return (token) => {
    token.copy(inner, inner.length - textBytes, 0, textBytes)
    outer.write(hash('sha256', inner, 'binary'), outerPad.length, 'binary')
    return hash('sha256', outer, 'binary')
  }
}
