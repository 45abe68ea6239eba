import type { Kysely } from 'kysely'
import type { LetterStore } from '../../store/index.ts'
import { instant, whole } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { insertLetter, type LetterValues, letterValues, removeReplaced } from './letter-changes.ts'
import { preparationOfLetters } from './letter-preparation.ts'
import { letterStatements } from './letter-statements.ts'
import type { Executor, Given } from './statement.ts'
import type { Database } from './tables.ts'

export function letterShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => LetterStore {
  const statements = letterStatements(db, dialect)
  const post = dialect.together(
    db,
    (given: Given<LetterValues>) => insertLetter(db, dialect, given),
    (given) => removeReplaced(db, dialect, given)
  )
  const claim = dialect.claimLetters(db)
  const prepareLetter = preparationOfLetters(db, dialect)

  return (executor) =>
    ({
      async post(letter, at) {
        await post(executor, letterValues(letter, at?.now ?? null))
      },

      async claim({ limit, leaseSeconds, early }, at) {
        const rows = await claim(executor, { limit, leaseSeconds, now: at?.now ?? null }, early)
        return rows.map(({ user_id, session_id, epoch, attempts, leased_until, ...row }) => ({
          ...row,
          userId: user_id,
          sessionId: session_id,
          ...(epoch !== null && { epoch: whole(epoch) }),
          attempts: whole(attempts),
          leasedUntil: instant(leased_until)
        }))
      },

      prepare: (letter, rules, at) =>
        executor.transaction((transaction) => prepareLetter({ transaction, letter, rules, now: at?.now ?? null })),

      async close({ id, leasedUntil }, outcome, at) {
        const statement = outcome === 'sent' ? statements.closeAsSent : statements.close
        await executor.run(statement, { id, leasedUntil, outcome, now: at?.now ?? null })
      },

      async postpone({ id, leasedUntil }, seconds, cause, at) {
        const failures = cause === 'failed' ? 1 : 0
        await executor.run(statements.postpone, { id, leasedUntil, seconds, failures, now: at?.now ?? null })
      },

      async forget(seconds, at) {
        await executor.run(statements.forget, { before: -seconds, now: at?.now ?? null })
      }
    }) satisfies LetterStore
}
