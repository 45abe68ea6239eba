import { randomBytes, randomUUID } from 'node:crypto'
import { v7 } from 'uuid'

/** A time-ordered identifier (RFC 9562 5.7): new rows land at the end of their index. */
export const newId = (): string => v7()

/** A random identifier (RFC 9562 5.4) for what is never stored. */
export const randomId = (): string => randomUUID()

/** 128 bits, the least that a session's secret may have (SE2). */
export const newSecret = (): Buffer => randomBytes(16)
