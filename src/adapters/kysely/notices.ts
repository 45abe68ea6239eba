import type { Kysely } from 'kysely'
import type { Notice } from '../../store/index.ts'
import type { Dialect } from './dialect/dialect.ts'
import { insertLetter, type LetterValues, letterValues } from './letter-changes.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

/** Writes down what a user is told of a change, in its transaction. Whoever has no address is told nothing. */
export function postingOfNotices(
  db: Kysely<Database>,
  dialect: Dialect
): (
  transaction: Executor,
  notice: Notice | undefined,
  user: { readonly id: string; readonly email: string | null },
  now: Date | null
) => Promise<void> {
  const insert = prepare((given: Given<LetterValues>) => insertLetter(db, dialect, given))
  return async (transaction, notice, { id, email }, now) => {
    if (notice === undefined || email === null) return
    const letter = { ...notice, address: email, userId: id, sessionId: null }
    await transaction.run(insert, letterValues(letter, now))
  }
}
