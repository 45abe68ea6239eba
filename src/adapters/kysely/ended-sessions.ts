import type { Kysely } from 'kysely'
import type { EndedSessionStore, EndReason } from '../../store/index.ts'
import { instant, knownId, optionalInstant, whole } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { whyOver } from './rotation.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

export function endedSessionShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => EndedSessionStore {
  const since = prepare((given: Given<{ before: number; now: Date | null }>) =>
    db
      .selectFrom('auth_ended_sessions')
      .select(['sid', 'ended_at', 'reason'])
      .where('ended_at', '>=', dialect.later(dialect.now(given.now), given.before))
  )
  const read = prepare((given: Given<{ id: string; now: Date | null }>) =>
    db
      // Cast, since nothing else tells the type of a value that stands alone.
      .selectFrom(db.selectNoFrom((eb) => eb.cast<string>(given.id, dialect.types.id).as('id')).as('asked'))
      .leftJoin('auth_ended_sessions as e', 'e.sid', 'asked.id')
      .leftJoin('auth_sessions as s', 's.id', 'asked.id')
      .leftJoin('auth_users as u', 'u.id', 's.user_id')
      .select(['e.reason', 's.epoch', 's.idle_expires_at', 's.expires_at', 's.ended_at', 's.end_reason'])
      .select(['u.disabled_at', 'u.session_epoch'])
      .select(dialect.now(given.now).as('now'))
  )
  const forget = prepare((given: Given<{ before: number; now: Date | null }>) =>
    db.deleteFrom('auth_ended_sessions').where('ended_at', '<', dialect.later(dialect.now(given.now), given.before))
  )

  return (executor) =>
    ({
      async since(seconds, at) {
        const rows = await executor.run(since, { before: -seconds, now: at?.now ?? null })
        return rows.map((row) => ({
          id: row.sid,
          reason: row.reason as EndReason,
          endedAt: instant(row.ended_at)
        }))
      },

      async reasonOf(sessionId, at) {
        const [row] = await executor.run(read, { id: knownId(sessionId), now: at?.now ?? null })
        if (row === undefined) return 'deleted'
        if (row.reason !== null) return row.reason as EndReason
        const { epoch, expires_at, idle_expires_at, session_epoch } = row
        // All of them or none.
        if (epoch === null || expires_at === null || idle_expires_at === null || session_epoch === null)
          return 'deleted'
        const session = {
          epoch: whole(epoch),
          idleExpiresAt: instant(idle_expires_at),
          expiresAt: instant(expires_at),
          endedAt: optionalInstant(row.ended_at),
          endReason: row.end_reason as EndReason | null,
          user: { disabledAt: optionalInstant(row.disabled_at), sessionEpoch: whole(session_epoch) }
        }
        return whyOver(session, instant(row.now))
      },

      async forget(seconds, at) {
        await executor.run(forget, { before: -seconds, now: at?.now ?? null })
      }
    }) satisfies EndedSessionStore
}
