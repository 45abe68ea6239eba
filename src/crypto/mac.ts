import { hash, timingSafeEqual } from 'node:crypto'
import type { Key } from './keyring.ts'

export const MAC_BYTES = 32

/**
 * HMAC-SHA-256 (RFC 2104) under a label of its own, so that two uses of one key cannot be swapped.
 *
 * Of two hashes, since every refresh needs two of these: `createHmac` costs four times as much, most of it for the
 * native object that each call leaves to the garbage collector.
 */
export function mac({ innerPad, outerPad }: Key, label: string, data: Uint8Array): Buffer {
  return sha256(Buffer.concat([outerPad, sha256(Buffer.concat([innerPad, Buffer.from(label), data]))]))
}

/** By way of text, which Node hands over at a quarter of the price of a Buffer. */
function sha256(data: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'binary')
}

/** OP1: every comparison of a secret takes the same time wherever the two differ. */
export function macMatches(key: Key, label: string, data: Uint8Array, candidate: Uint8Array): boolean {
  return candidate.byteLength === MAC_BYTES && timingSafeEqual(mac(key, label, data), candidate)
}

/** SHA-256 of a random secret, base64url: what storage may know of it. */
export function digest(secret: Uint8Array): string {
  return hash('sha256', secret, 'base64url')
}
