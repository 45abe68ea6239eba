import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { EndedSession, EndReason } from '../../store/index.ts'
import { NOBODY } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import type { Executor, Given } from './statement.ts'
import type { Database } from './tables.ts'

/** Whether a session has neither ended nor expired. */
export function isLive(now: RawBuilder<Date>): RawBuilder<boolean> {
  return sql<boolean>`(ended_at is null and expires_at > ${now} and idle_expires_at > ${now})`
}

/** What ends the sessions among the live ones that further conditions choose. */
export function endingLive(
  db: Kysely<Database>,
  dialect: Dialect,
  { reason, now: given }: Given<{ reason: EndReason; now: Date | null }>
) {
  const now = dialect.now(given)
  return db.updateTable('auth_sessions').set({ ended_at: now, end_reason: reason }).where(isLive(now))
}

interface Ending {
  readonly userId: string
  readonly keptId: string
  readonly reason: EndReason
  readonly now: Date | null
}

/**
 * Ends the live sessions of a user, but one where one is to be kept. To end all, it comes second in its transaction, after
 * an UPDATE of the user that moves the epoch: that one waits for sign-ins in flight, whose sessions this one then sees (as
 * one statement it would not).
 */
export function endingOfSessions(
  db: Kysely<Database>,
  dialect: Dialect
): (
  executor: Executor,
  userId: string,
  reason: EndReason,
  now: Date | null,
  keptId?: string
) => Promise<readonly EndedSession[]> {
  const end = dialect.endSessions(db, (given: Given<Ending>) =>
    endingLive(db, dialect, given).where('user_id', '=', given.userId).where('id', '!=', given.keptId)
  )
  return (executor, userId, reason, now, keptId = NOBODY) => end(executor, { userId, keptId, reason, now })
}
