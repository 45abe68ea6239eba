import type { Kysely } from 'kysely'
import type { EventRecord, EventStore } from '../../store/index.ts'
import { instant, knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import { isInWindow, sweeping } from './sweep.ts'
import type { Database } from './tables.ts'

export function eventShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => EventStore {
  const add = dialect.addEvents(db)
  const list = prepare((given: Given<{ userId: string; limit: number }>) =>
    db
      .selectFrom('auth_events')
      .select(['id', 'name', 'user_id', 'session_id', 'ip', 'user_agent', 'at'])
      .where('user_id', '=', given.userId)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(given.limit)
  )

  const sweep = sweeping(db, 'auth_events', (given) =>
    db
      .deleteFrom('auth_events')
      .where(isInWindow(given))
      .where('at', '<', dialect.later(dialect.now(given.now), given.before))
      .returning('id')
  )

  return (executor) =>
    ({
      add: (events) => add(executor, JSON.stringify(events.map(written))),

      async list(userId, limit) {
        const rows = await executor.run(list, { userId: knownId(userId), limit })
        return rows.map(({ user_id, session_id, user_agent, at, ...same }) => ({
          ...same,
          userId: user_id,
          sessionId: session_id,
          userAgent: user_agent,
          at: instant(at)
        }))
      },

      forget: (seconds, at) => sweep(executor, seconds, at?.now ?? null)
    }) satisfies EventStore
}

/** Under the names of the columns; instants as milliseconds, which every database can read out of JSON. */
function written({ id, name, userId, sessionId, ip, userAgent, at }: EventRecord): object {
  return { id, name, user_id: userId, session_id: sessionId, ip, user_agent: userAgent, at: at.getTime() }
}
