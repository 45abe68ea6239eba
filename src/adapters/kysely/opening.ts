import type { Kysely } from 'kysely'
import type { EndReason, NewSession, OpenOutcome } from '../../store/index.ts'
import { knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endingLive, isLive } from './ending.ts'
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
  'remember',
  'ip',
  'user_agent'
] as const

interface MakingRoom {
  readonly userId: string
  /** The session that the room is for. */
  readonly id: string
  /** How many others may stay. */
  readonly others: number
  readonly reason: EndReason
  readonly now: Date | null
}

/** Opens a session; where there is a limit, under a lock of the user, so that sign-ins at the same time count each other. */
export function openingOfSessions(
  db: Kysely<Database>,
  dialect: Dialect
): (executor: Executor, session: NewSession, now: Date | null) => Promise<OpenOutcome> {
  const lock = prepare((given: Given<{ userId: string }>) =>
    dialect.forUpdate(db.selectFrom('auth_users').select('id').where('id', '=', given.userId))
  )
  const insert = prepare((given: Given<NewSession & { now: Date | null }>) => {
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
      .select([given.remember.as('remember'), given.ip.as('ip'), given.userAgent.as('user_agent')])
    return db.insertInto('auth_sessions').columns(openedColumns).expression(dialect.forShare(user)).returning('id')
  })
  const makeRoom = dialect.endSessions(db, (given: Given<MakingRoom>) => {
    const newest = db
      .selectFrom('auth_sessions')
      .select('id')
      .where('user_id', '=', given.userId)
      .where('id', '!=', given.id)
      .where(isLive(dialect.now(given.now)))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(given.others)
    return endingLive(db, dialect, given)
      .where('user_id', '=', given.userId)
      .where('id', '!=', given.id)
      .where('id', 'not in', newest)
  })

  async function open(executor: Executor, session: NewSession & { now: Date | null }): Promise<OpenOutcome> {
    const opened = await executor.run(insert, session)
    return opened.length === 1 ? { outcome: 'opened', ended: [] } : { outcome: 'refused' }
  }

  return (executor, session, now) => {
    const userId = knownId(session.userId)
    const values = { ...session, userId, now }
    const { id, limit } = session
    if (limit === null) return open(executor, values)
    return executor.transaction(async (transaction) => {
      await transaction.run(lock, { userId })
      const outcome = await open(transaction, values)
      if (outcome.outcome === 'refused') return outcome
      const ended = await makeRoom(transaction, { userId, id, others: limit - 1, reason: 'limit', now })
      return { outcome: 'opened', ended }
    })
  }
}
