import { createHash, hash, hkdfSync } from 'node:crypto'

const BLOCK_BYTES = 64

/** One symmetric key of one purpose. */
export interface Key {
  /** First byte of a digest of the key, never its place: reordering the secrets changes nothing. Two keys may share one. */
  readonly kid: number
  readonly bytes: Buffer
  /** What HMAC-SHA-256 makes of the key (RFC 2104 2), once for all. */
  readonly innerPad: Buffer
  readonly outerPad: Buffer
}

/** The first signs, all are accepted (OP2: rotation without downtime). */
export type Keyring = readonly [Key, ...Key[]]

/** One key per secret for one purpose (RFC 5869): a key of one purpose is worthless for another, and the secret signs nothing itself. */
export function deriveKeyring(secrets: readonly string[], purpose: string): Keyring {
  return keyringOf(secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, 'fastify-gatehouse', purpose, 32))))
}

/** The keys as they were given, for those that another service must know too. */
export function keyringOf(keys: readonly Buffer[]): Keyring {
  return keys.map((bytes) => ({
    kid: kidOf(bytes),
    bytes,
    innerPad: padded(bytes, 0x36),
    outerPad: padded(bytes, 0x5c)
  })) as unknown as Keyring
}

function kidOf(key: Buffer): number {
  return createHash('sha256').update('kid').update(key).digest().readUInt8(0)
}

function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad)
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  for (const [place, byte] of short.entries()) block.writeUInt8(byte ^ pad, place)
  return block
}
