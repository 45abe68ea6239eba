import { type Kysely, sql } from 'kysely'
import { knownId } from '../columns.ts'
import { decideRotation } from '../rotation.ts'
import { type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { Dialect, RotateStatement } from './dialect.ts'
import { endInTransaction } from './end-sessions.ts'
import { readSession } from './session-state.ts'

/** Rotation where UPDATE cannot both decide and tell: read under a lock, decide in code, write. */
export function rotateUnderLock(
  db: Kysely<Database>,
  dialect: Pick<Dialect, 'now' | 'later' | 'earlier' | 'forUpdate'>
): RotateStatement {
  const read = readSession(db, dialect, dialect.forUpdate)
  const advance = prepare((given: Given<{ id: string; generation: number; idleSeconds: number; now: Date }>) =>
    db
      .updateTable('auth_sessions')
      .set({
        generation: given.generation,
        replays: 0,
        rotated_at: given.now,
        idle_expires_at: dialect.earlier(sql<Date>`expires_at`, dialect.later(given.now, given.idleSeconds))
      })
      .where('id', '=', given.id)
  )
  const replay = prepare((given: Given<{ id: string }>) =>
    db.updateTable('auth_sessions').set({ replays: sql<number>`replays + 1` }).where('id', '=', given.id)
  )
  const end = endInTransaction(db, (given: Given<{ id: string; now: Date }>) =>
    db.updateTable('auth_sessions').set({ ended_at: given.now, end_reason: 'reuse' }).where('id', '=', given.id)
  )

  return (executor, rotation, at) =>
    executor.transaction(async (transaction) => {
      const state = await read(transaction, rotation, at)
      if (state === null) return { outcome: 'unknown' }
      const { session, now } = state
      const result = decideRotation(session, rotation, now)
      const id = knownId(rotation.id)
      switch (result.outcome) {
        case 'rotated': {
          const { generation } = result.session
          await transaction.run(advance, { id, generation, idleSeconds: rotation.idleSeconds, now })
          return result
        }
        case 'replayed':
          await transaction.run(replay, { id })
          return result
        case 'reused':
          await end(transaction, { id, now })
          return result
        case 'ended':
        case 'unknown':
          return result
      }
    })
}
