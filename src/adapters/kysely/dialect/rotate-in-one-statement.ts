import { type Kysely, sql } from 'kysely'
import type { RotateSession, SessionOutcome } from '../../../store/index.ts'
import type { Channel } from '../channel.ts'
import { flag, joinedUserColumns, knownId, userRecord, whole } from '../columns.ts'
import { whyOver } from '../rotation.ts'
import { type Executor, type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { Dialect, RotateStatement } from './dialect.ts'
import { recordEnded } from './end-sessions.ts'
import { readSession } from './session-state.ts'

interface Rotation {
  readonly id: string
  readonly secretDigest: string
  readonly generation: number
  /** The generation that follows the one presented: the same one where tokens do not rotate. */
  readonly successor: number
  readonly graceSeconds: number
  readonly idleSeconds: number
  readonly now: Date | null
}

/**
 * Rotation where UPDATE decides and tells. One that waited for the row decides again by what it then finds, and by the
 * clock after the wait: hence `clock_timestamp()`, and columns of the row itself in every condition.
 */
export function rotateInOneStatement(
  db: Kysely<Database>,
  dialect: Pick<Dialect, 'now' | 'later' | 'earlier'>,
  channel: Channel | null
): RotateStatement {
  const rotate = prepare((given: Given<Rotation>) => {
    const now = sql<Date>`coalesce(${given.now}::timestamptz, clock_timestamp())`
    // A generation ahead of the row's was signed by us and lost by the database, in a failover or a restore: it heals.
    const current = sql<boolean>`s.generation <= ${given.generation}`
    const withinGrace = sql<boolean>`(
      s.generation = ${given.generation}::integer + 1 and ${given.graceSeconds}::float8 > 0
      and ${dialect.later(sql<Date>`s.rotated_at`, given.graceSeconds)} >= ${now}
    )`
    const over = sql<boolean>`not (${current} or ${withinGrace})`
    const update = db
      .updateTable('auth_sessions as s')
      .from('auth_users as u')
      .set((eb) => ({
        generation: eb.case().when(current).then(given.successor).else(eb.ref('s.generation')).end().$castTo<number>(),
        replays: sql<number>`case when ${current} then 0 else s.replays + 1 end`,
        rotated_at: sql<Date>`case when ${current} then ${now} else s.rotated_at end`,
        idle_expires_at: sql<Date>`case when ${current}
          then ${dialect.earlier(sql<Date>`s.expires_at`, dialect.later(now, given.idleSeconds))}
          else s.idle_expires_at end`,
        ended_at: sql<Date>`case when ${over} then ${now} end`,
        end_reason: sql<string>`case when ${over} then 'reuse' end`
      }))
      .where('s.id', '=', given.id)
      .where('s.secret_digest', '=', given.secretDigest)
      .where('s.ended_at', 'is', null)
      .where('s.expires_at', '>', now)
      .where('s.idle_expires_at', '>', now)
      .whereRef('u.id', '=', 's.user_id')
      .where('u.disabled_at', 'is', null)
      .whereRef('u.session_epoch', '=', 's.epoch')
      .returning(['s.id as session_id', 's.generation', 's.replays', 's.remember', 's.ended_at', 's.end_reason'])
      .returning(joinedUserColumns)
    return db
      .with('rotated', () => update)
      .with('recorded', (creator) => {
        const reused = creator.selectFrom('rotated').where('ended_at', 'is not', null)
        const rows = reused.select(['session_id as sid', 'ended_at', 'end_reason as reason'])
        return recordEnded(creator, rows, channel)
      })
      .selectFrom('rotated')
      .selectAll()
  })
  const read = readSession(db, dialect, (query) => query)

  async function attempt(
    executor: Executor,
    rotation: RotateSession,
    now: Date | null,
    isFirst: boolean
  ): Promise<SessionOutcome> {
    const { id, generation } = rotation
    const successor = rotation.rotate ? generation + 1 : generation
    const [row] = await executor.run(rotate, { ...rotation, id: knownId(id), successor, now })
    if (row === undefined) {
      const state = await read(executor, rotation, now)
      if (state === null) return { outcome: 'unknown' }
      const reason = whyOver(state.session, state.now)
      // It lives: while the statement waited, a change of the user's address has taken it along into the next epoch.
      if (reason === null && isFirst) return attempt(executor, rotation, now, false)
      return { outcome: 'ended', reason: reason ?? 'admin' }
    }
    if (row.ended_at !== null) return { outcome: 'reused', userId: row.id }
    const session = { id, user: userRecord(row), generation: whole(row.generation), remember: flag(row.remember) }
    return { outcome: whole(row.replays) === 0 ? 'rotated' : 'replayed', session }
  }

  return (executor, rotation, now) => attempt(executor, rotation, now, true)
}
