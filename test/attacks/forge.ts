/** Access tokens made by hand: what an attacker sends, and what another service with the key would. */
import { createHmac, type KeyLike } from 'node:crypto'

export type Part = Readonly<Record<string, unknown>>

/** Text is encoded as it is, for what no JSON encoder would write. */
export function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

export function decode(part: string | undefined): Part {
  return JSON.parse(Buffer.from(String(part), 'base64url').toString())
}

export function sign(input: string, key: KeyLike, hash = 'sha256'): string {
  return createHmac(hash, key).update(input).digest('base64url')
}

export function forge(header: unknown, payload: unknown, key: KeyLike, hash?: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${sign(input, key, hash)}`
}

export function read(token: string): { readonly header: Part; readonly payload: Part } {
  const [header, payload] = token.split('.')
  return { header: decode(header), payload: decode(payload) }
}

export function without(part: Part, name: string): Part {
  return Object.fromEntries(Object.entries(part).filter(([key]) => key !== name))
}
