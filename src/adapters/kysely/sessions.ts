import { type Kysely, sql } from 'kysely'
import type { EndReason, SessionStore } from '../../store/index.ts'
import { instant, knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endingLive, endingOfSessions, isLive } from './ending.ts'
import { openingOfSessions } from './opening.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import { isInWindow, sweeping } from './sweep.ts'
import type { Database } from './tables.ts'

interface Ending {
  readonly id: string
  readonly secretDigest: string | null
  readonly userId: string | null
  readonly reason: EndReason
  readonly now: Date | null
}

export function sessionShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => SessionStore {
  const open = openingOfSessions(db, dialect)
  const rotate = dialect.rotateSession(db)
  const end = dialect.endSessions(db, (given: Given<Ending>) =>
    endingLive(db, dialect, given)
      .where('id', '=', given.id)
      .where((eb) => eb.or([eb('secret_digest', '=', given.secretDigest), eb('user_id', '=', given.userId)]))
  )
  const list = prepare((given: Given<{ userId: string; now: Date | null }>) =>
    db
      .selectFrom('auth_sessions')
      .select(['id', 'created_at', 'rotated_at', 'ip', 'user_agent'])
      .select(dialect.earlier(sql<Date>`expires_at`, sql<Date>`idle_expires_at`).as('ends_at'))
      .where('user_id', '=', given.userId)
      .where(isLive(dialect.now(given.now)))
      .orderBy('rotated_at', 'desc')
      .orderBy('id', 'desc')
  )
  const moveEpoch = prepare((given: Given<{ userId: string }>) =>
    db.updateTable('auth_users').set({ session_epoch: sql<number>`session_epoch + 1` }).where('id', '=', given.userId)
  )
  const endSessions = endingOfSessions(db, dialect)
  const expiry = dialect.earlier(sql<Date>`expires_at`, sql<Date>`idle_expires_at`)
  const sweep = sweeping(db, 'auth_sessions', (given) =>
    db
      .deleteFrom('auth_sessions')
      .where(isInWindow(given))
      .where(sql<boolean>`coalesce(ended_at, ${expiry}) < ${dialect.later(dialect.now(given.now), given.before)}`)
      .returning('id')
  )

  return (executor) =>
    ({
      open: (session, at) => open(executor, session, at?.now ?? null),

      rotate: (rotation, at) => rotate(executor, rotation, at?.now ?? null),

      async end(session, reason, at) {
        const holder =
          'secretDigest' in session
            ? { secretDigest: session.secretDigest, userId: null }
            : { secretDigest: null, userId: knownId(session.userId) }
        const [ended] = await end(executor, { id: knownId(session.id), ...holder, reason, now: at?.now ?? null })
        return ended ?? null
      },

      endOthers: (userId, keptId, reason, at) =>
        endSessions(executor, knownId(userId), reason, at?.now ?? null, knownId(keptId)),

      async list(userId, at) {
        const rows = await executor.run(list, { userId: knownId(userId), now: at?.now ?? null })
        return rows.map((row) => ({
          id: row.id,
          createdAt: instant(row.created_at),
          lastUsedAt: instant(row.rotated_at),
          expiresAt: instant(row.ends_at),
          ip: row.ip,
          userAgent: row.user_agent
        }))
      },

      endAll(id, reason, at) {
        const userId = knownId(id)
        return executor.transaction(async (transaction) => {
          await transaction.run(moveEpoch, { userId })
          return endSessions(transaction, userId, reason, at?.now ?? null)
        })
      },

      forget: (seconds, at) => sweep(executor, seconds, at?.now ?? null)
    }) satisfies SessionStore
}
