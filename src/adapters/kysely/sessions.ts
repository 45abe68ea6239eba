import { type Kysely, sql } from 'kysely'
import type { EndReason, NewSession, SessionStore } from '../../store/index.ts'
import { knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endingOfSessions } from './ending.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

const openedColumns = [
  'id',
  'user_id',
  'secret_digest',
  'epoch',
  'rotated_at',
  'created_at',
  'expires_at',
  'idle_expires_at',
  'ip',
  'user_agent'
] as const

interface Ending {
  readonly id: string
  readonly secretDigest: string | null
  readonly userId: string | null
  readonly reason: EndReason
  readonly now: Date | null
}

export function sessionShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => SessionStore {
  const open = prepare((given: Given<NewSession & { now: Date | null }>) => {
    const now = dialect.now(given.now)
    const end = dialect.later(now, given.absoluteSeconds)
    // In the order of `openedColumns`.
    const user = db
      .selectFrom('auth_users as u')
      .where('u.id', '=', given.userId)
      .where('u.session_epoch', '=', given.epoch)
      .where('u.disabled_at', 'is', null)
      .select([
        given.id.as('id'),
        'u.id as user_id',
        given.secretDigest.as('secret_digest'),
        'u.session_epoch as epoch'
      ])
      .select([now.as('rotated_at'), now.as('created_at'), end.as('expires_at')])
      .select(dialect.earlier(end, dialect.later(now, given.idleSeconds)).as('idle_expires_at'))
      .select([given.ip.as('ip'), given.userAgent.as('user_agent')])
    return db.insertInto('auth_sessions').columns(openedColumns).expression(dialect.forShare(user)).returning('id')
  })
  const rotate = dialect.rotateSession(db)
  const end = prepare((given: Given<Ending>) => {
    const now = dialect.now(given.now)
    return db
      .updateTable('auth_sessions')
      .set({ ended_at: now, end_reason: given.reason })
      .where('id', '=', given.id)
      .where((eb) => eb.or([eb('secret_digest', '=', given.secretDigest), eb('user_id', '=', given.userId)]))
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now)
      .where('idle_expires_at', '>', now)
      .returning('user_id')
  })
  const moveEpoch = prepare((given: Given<{ userId: string }>) =>
    db.updateTable('auth_users').set({ session_epoch: sql<number>`session_epoch + 1` }).where('id', '=', given.userId)
  )
  const endSessions = endingOfSessions(db, dialect)

  return (executor) =>
    ({
      async open(session, at) {
        const opened = await executor.run(open, { ...session, userId: knownId(session.userId), now: at?.now ?? null })
        return { outcome: opened.length === 1 ? 'opened' : 'refused' }
      },

      rotate: (rotation, at) => rotate(executor, rotation, at?.now ?? null),

      async end(session, reason, at) {
        const holder =
          'secretDigest' in session
            ? { secretDigest: session.secretDigest, userId: null }
            : { secretDigest: null, userId: knownId(session.userId) }
        const values = { id: knownId(session.id), ...holder, reason, now: at?.now ?? null }
        const [ended] = await executor.run(end, values)
        return ended === undefined ? null : { id: session.id, userId: ended.user_id }
      },

      endAll(id, reason, at) {
        const userId = knownId(id)
        return executor.transaction(async (transaction) => {
          await transaction.run(moveEpoch, { userId })
          return endSessions(transaction, userId, reason, at?.now ?? null)
        })
      }
    }) satisfies SessionStore
}
