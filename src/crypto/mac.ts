import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Key } from './keyring.ts'

export const MAC_BYTES = 32

/** HMAC-SHA-256 under a label of its own, so that two uses of one key cannot be swapped. */
export function mac(key: Key, label: string, data: Uint8Array): Buffer {
  return createHmac('sha256', key.object).update(label).update(data).digest()
}

/** OP1: every comparison of a secret takes the same time wherever the two differ. */
export function macMatches(key: Key, label: string, data: Uint8Array, candidate: Uint8Array): boolean {
  return candidate.byteLength === MAC_BYTES && timingSafeEqual(mac(key, label, data), candidate)
}

/** SHA-256 of a random secret, base64url: what storage may know of it. */
export function digest(secret: Uint8Array): string {
  return hash('sha256', secret, 'base64url')
}
