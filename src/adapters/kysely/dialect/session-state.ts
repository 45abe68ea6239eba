import type { Kysely } from 'kysely'
import type { EndReason, RotateSession } from '../../../store/index.ts'
import { flag, instant, joinedUserColumns, knownId, optionalInstant, userRecord, whole } from '../columns.ts'
import type { StoredSession } from '../rotation.ts'
import { type Executor, type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { Dialect, RowLock } from './dialect.ts'

export type SessionState = { readonly session: StoredSession; readonly now: Date } | null

/** Reads what is to be known about the session of a token, and the time by which to judge it; null when there is none. */
export function readSession(
  db: Kysely<Database>,
  dialect: Pick<Dialect, 'now'>,
  lock: RowLock
): (executor: Executor, rotation: RotateSession, now: Date | null) => Promise<SessionState> {
  const read = prepare((given: Given<{ id: string; secretDigest: string; now: Date | null }>) =>
    lock(
      db
        .selectFrom('auth_sessions as s')
        .innerJoin('auth_users as u', 'u.id', 's.user_id')
        .where('s.id', '=', given.id)
        .where('s.secret_digest', '=', given.secretDigest)
        .select(['s.generation', 's.epoch', 's.rotated_at', 's.idle_expires_at', 's.expires_at'])
        .select(['s.ended_at', 's.end_reason', 's.remember'])
        .select(joinedUserColumns)
        .select(dialect.now(given.now).as('now'))
    )
  )
  return async (executor, { id, secretDigest }, now) => {
    const [row] = await executor.run(read, { id: knownId(id), secretDigest, now })
    if (row === undefined) return null
    const session = {
      generation: whole(row.generation),
      epoch: whole(row.epoch),
      rotatedAt: instant(row.rotated_at),
      idleExpiresAt: instant(row.idle_expires_at),
      expiresAt: instant(row.expires_at),
      endedAt: optionalInstant(row.ended_at),
      endReason: row.end_reason as EndReason | null,
      remember: flag(row.remember),
      user: userRecord(row)
    }
    return { session, now: instant(row.now) }
  }
}
