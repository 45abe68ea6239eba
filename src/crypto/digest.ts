import { hash } from 'node:crypto'

/** SHA-256 of a random secret, base64url: what storage may know of it. */
export function digest(secret: Uint8Array): string {
  return hash('sha256', secret, 'base64url')
}
