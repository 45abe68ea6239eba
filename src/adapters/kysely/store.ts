import type { Kysely } from 'kysely'
import type { AuthStore, EndedSessionStore } from '../../store/index.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endedSessionShelf } from './ended-sessions.ts'
import { eventShelf } from './events.ts'
import { transactionExecutor } from './executor.ts'
import { persevere, translated } from './failures.ts'
import { letterShelf } from './letters.ts'
import { migrate, refuseDrift } from './migrate.ts'
import { oneTimeTokenShelf } from './one-time-tokens.ts'
import type { Place } from './place.ts'
import { sessionShelf } from './sessions.ts'
import type { Executor } from './statement.ts'
import { type Database, ownTables } from './tables.ts'
import { userShelf } from './users.ts'

export interface StoreParts {
  /** For building SQL, and for migrations. */
  readonly db: Kysely<Database>
  readonly dialect: Dialect
  readonly place: Place
  /** What the store's own statements run on. */
  readonly executor: Executor
  /** Absent where nobody tells of sessions that end in other processes. */
  readonly listen?: EndedSessionStore['listen']
  close(): Promise<void>
}

export function buildStore({ db, dialect, place, executor, listen, close }: StoreParts): AuthStore {
  const users = userShelf(db, dialect)
  const sessions = sessionShelf(db, dialect)
  const endedSessions = endedSessionShelf(db, dialect)
  const letters = letterShelf(db, dialect)
  const oneTimeTokens = oneTimeTokenShelf(db, dialect)
  const events = eventShelf(db, dialect)

  return {
    users: users(executor),
    sessions: sessions(executor),
    endedSessions: { ...endedSessions(executor), ...(listen && { listen }) },
    letters: letters(executor),
    oneTimeTokens: oneTimeTokens(executor),
    events: events(executor),
    open: (boot) =>
      persevere(async () => {
        try {
          await (boot.migrate ? migrate : refuseDrift)(db, dialect, place)
        } catch (error) {
          throw translated(error, dialect.failure)
        }
      }),
    close,
    within(transaction) {
      if (!isTransaction(transaction)) throw new TypeError('Expected a transaction of Kysely')
      const inside = transactionExecutor(ownTables(transaction, place), dialect)
      const bound: AuthStore = {
        users: users(inside),
        sessions: sessions(inside),
        endedSessions: endedSessions(inside),
        letters: letters(inside),
        oneTimeTokens: oneTimeTokens(inside),
        events: events(inside),
        open: async () => {},
        close: async () => {},
        within: () => bound
      }
      return bound
    }
  }
}

function isTransaction(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'isTransaction' in value && value.isTransaction === true
}
