import { type Kysely, sql } from 'kysely'
import type { EventRecord, EventStore } from '../../store/index.ts'
import { instant, knownId } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

const columns = ['id', 'name', 'user_id', 'session_id', 'ip', 'user_agent', 'at'] as const

export function eventShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => EventStore {
  // As one value, so that any number of events is the same statement.
  const add = prepare((given: Given<{ events: string }>) =>
    db
      .with('given', (creator) => creator.selectFrom(dialect.eventRows(given.events)).select(columns))
      // Locked, so that a deletion either comes first and is seen here, or comes after and erases what is written here.
      .with('remaining', (creator) => {
        const ids = creator.selectFrom('given').select('user_id')
        return dialect.forKeyShare(creator.selectFrom('auth_users').select('id').where('id', 'in', ids).orderBy('id'))
      })
      .insertInto('auth_events')
      .columns(columns)
      .expression((eb) =>
        eb
          .selectFrom('given as g')
          .leftJoin('remaining as r', 'r.id', 'g.user_id')
          .select(['g.id', 'g.name', 'g.user_id', 'g.session_id'])
          .select((eb) => {
            const remains = eb.case().when('r.id', 'is not', null)
            return [
              remains.then(eb.ref('g.ip')).end().as('ip'),
              remains.then(eb.ref('g.user_agent')).end().as('user_agent')
            ]
          })
          .select('g.at')
          // SQLite would take the ON of what follows for that of a join.
          .where(sql<boolean>`true`)
      )
      .onConflict((conflict) => conflict.column('id').doNothing())
  )
  const list = prepare((given: Given<{ userId: string; limit: number }>) =>
    db
      .selectFrom('auth_events')
      .select(columns)
      .where('user_id', '=', given.userId)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(given.limit)
  )

  return (executor) =>
    ({
      async add(events) {
        await executor.run(add, { events: JSON.stringify(events.map(written)) })
      },

      async list(userId, limit) {
        const rows = await executor.run(list, { userId: knownId(userId), limit })
        return rows.map(({ user_id, session_id, user_agent, at, ...same }) => ({
          ...same,
          userId: user_id,
          sessionId: session_id,
          userAgent: user_agent,
          at: instant(at)
        }))
      }
    }) satisfies EventStore
}

/** What a deletion takes from the events of the user, who is locked. */
export function erasingOfEvents(db: Kysely<Database>): (transaction: Executor, userId: string) => Promise<unknown> {
  const erase = prepare((given: Given<{ userId: string }>) =>
    db.updateTable('auth_events').set({ ip: null, user_agent: null }).where('user_id', '=', given.userId)
  )
  return (transaction, userId) => transaction.run(erase, { userId })
}

/** Under the names of the columns; instants as milliseconds, which every database can read out of JSON. */
function written({ id, name, userId, sessionId, ip, userAgent, at }: EventRecord): object {
  return { id, name, user_id: userId, session_id: sessionId, ip, user_agent: userAgent, at: at.getTime() }
}
