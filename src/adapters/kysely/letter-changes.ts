/** The changes of the outbox that stand alone in some places and together with others elsewhere. */
import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { LetterName, NewLetter, Notice } from '../../store/index.ts'
import { key, knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import type { Given } from './statement.ts'
import type { Database } from './tables.ts'

/** Named so that they do not meet those of a user or a token in one statement. */
export interface LetterValues {
  readonly letterId: string
  readonly letter: LetterName
  readonly address: string
  readonly addressDigest: string
  /** Whom it concerns. */
  readonly concerns: string | null
  readonly askedIn: string | null
  readonly epoch: number | null
  readonly now: Date | null
}

export function letterValues(letter: Omit<NewLetter, 'name'> & Pick<NewLetter | Notice, 'name'>, now: Date | null) {
  return {
    letterId: letter.id,
    letter: letter.name,
    address: letter.address,
    addressDigest: digestOf(letter.address),
    concerns: letter.userId === null ? null : knownId(letter.userId),
    askedIn: letter.sessionId === null ? null : knownId(letter.sessionId),
    epoch: letter.epoch ?? null,
    now
  } satisfies LetterValues
}

/** What tells letters to one address from others, and outlives the letter for an hour, when the address is gone. */
export function digestOf(address: string): string {
  return createHash('sha256').update(key(address)).digest('base64url')
}

/** Due at once. */
export function insertLetter(db: Kysely<Database>, dialect: Dialect, given: Given<LetterValues>) {
  const now = dialect.now(given.now)
  return db.insertInto('auth_outbox').values({
    id: given.letterId,
    name: given.letter,
    address: given.address,
    address_digest: given.addressDigest,
    user_id: given.concerns,
    session_id: given.askedIn,
    epoch: given.epoch,
    attempts: 0,
    created_at: now,
    due_at: now
  })
}

/** Removes the letters in whose place the new one comes: unsent, and not in anybody's hands. */
export function removeReplaced(db: Kysely<Database>, dialect: Dialect, given: Given<LetterValues>) {
  return (
    db
      .deleteFrom('auth_outbox')
      .where('id', '!=', given.letterId)
      .where('name', '=', given.letter)
      .where('address_digest', '=', given.addressDigest)
      // Or one could take back what another one asked for, and a stranger's sign-up the letter of the owner's.
      .where('user_id', 'is not distinct from', given.concerns)
      .where('closed_at', 'is', null)
      .where((eb) => eb.or([eb('leased_until', 'is', null), eb('leased_until', '<=', dialect.now(given.now))]))
  )
}
