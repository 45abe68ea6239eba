import { createHash, randomUUID } from 'node:crypto'
import type { Place } from './place.ts'

/** Where stores with the same tables tell one another of ended sessions. */
export interface Channel {
  readonly name: string
  /** This store: what it says itself is no news to it. */
  readonly speaker: string
}

/** The name is a digest, since PostgreSQL allows 63 bytes. */
export function openChannel({ schema = '', tablePrefix }: Place): Channel {
  const digest = createHash('sha256').update(`${schema} ${tablePrefix}`).digest('base64url')
  return { name: `gatehouse_${digest.slice(0, 16)}`, speaker: randomUUID() }
}
