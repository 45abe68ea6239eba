import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** One symmetric key of one purpose. */
export interface Key {
  /** First byte of a digest of the key, never its place: reordering the secrets changes nothing. Two keys may share one. */
  readonly kid: number
  readonly bytes: Buffer
  readonly object: KeyObject
}

/** The first signs, all are accepted (OP2: rotation without downtime). */
export type Keyring = readonly [Key, ...Key[]]

/** One key per secret for one purpose (RFC 5869): a key of one purpose is worthless for another, and the secret signs nothing itself. */
export function deriveKeyring(secrets: readonly string[], purpose: string): Keyring {
  return keyringOf(secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, 'fastify-gatehouse', purpose, 32))))
}

/** The keys as they were given, for those that another service must know too. */
export function keyringOf(keys: readonly Buffer[]): Keyring {
  return keys.map((bytes) => ({ kid: kidOf(bytes), bytes, object: createSecretKey(bytes) })) as unknown as Keyring
}

function kidOf(key: Buffer): number {
  return createHash('sha256').update('kid').update(key).digest().readUInt8(0)
}
