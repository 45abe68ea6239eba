import type { Kysely } from 'kysely'
import type { EndedSession, EndReason } from '../../store/index.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

/**
 * Ends the live sessions of a user. Comes second in its transaction, after an UPDATE of the user that moves the epoch:
 * that one waits for sign-ins in flight, whose sessions this one then sees (as one statement it would not).
 */
export function endingOfSessions(
  db: Kysely<Database>,
  dialect: Dialect
): (transaction: Executor, userId: string, reason: EndReason, now: Date | null) => Promise<readonly EndedSession[]> {
  const end = prepare((given: Given<{ userId: string; reason: EndReason; now: Date | null }>) => {
    const now = dialect.now(given.now)
    return db
      .updateTable('auth_sessions')
      .set({ ended_at: now, end_reason: given.reason })
      .where('user_id', '=', given.userId)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now)
      .where('idle_expires_at', '>', now)
      .returning('id')
  })
  return async (transaction, userId, reason, now) => {
    const ended = await transaction.run(end, { userId, reason, now })
    return ended.map(({ id }) => ({ id, userId }))
  }
}
