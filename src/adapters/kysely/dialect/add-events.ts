/** Events out of one value, so that any number of them is the same statement. */
import { type Expression, type Kysely, sql } from 'kysely'
import { type Given, prepare } from '../statement.ts'
import type { Database, EventsTable } from '../tables.ts'
import type { AddStatement } from './dialect.ts'

const columns = ['id', 'name', 'user_id', 'session_id', 'ip', 'user_agent', 'at'] as const

/**
 * Waits for nobody: a user who is locked may be about to go, and waiting for that would hold up all who need the users
 * that are locked here. The events of such a user are left for another time.
 */
export function addPassingOver(db: Kysely<Database>): AddStatement {
  const add = prepare((given: Given<{ events: string }>) =>
    db
      .with('given', (creator) => creator.selectFrom(eventsOfPostgres(given.events)).select(columns))
      .with('present', (creator) => {
        const ids = creator.selectFrom('given').select('user_id')
        return creator.selectFrom('auth_users').select('id').where('id', 'in', ids)
      })
      // A deletion either came first and is seen here, or comes after and erases what is written here.
      .with('locked', (creator) => {
        const ids = creator.selectFrom('given').select('user_id')
        return creator.selectFrom('auth_users').select('id').where('id', 'in', ids).forKeyShare().skipLocked()
      })
      .with('written', (creator) =>
        creator
          .insertInto('auth_events')
          .columns(columns)
          .expression((eb) =>
            eb
              .selectFrom('given as g')
              .leftJoin('present as p', 'p.id', 'g.user_id')
              .leftJoin('locked as l', 'l.id', 'g.user_id')
              .where((eb) => eb.or([eb('l.id', 'is not', null), eb('p.id', 'is', null)]))
              .select(['g.id', 'g.name', 'g.user_id', 'g.session_id'])
              .select([whileThere('l', 'ip'), whileThere('l', 'user_agent'), 'g.at'])
          )
          .onConflict((conflict) => conflict.column('id').doNothing())
      )
      .selectFrom('given as g')
      .innerJoin('present as p', 'p.id', 'g.user_id')
      .leftJoin('locked as l', 'l.id', 'g.user_id')
      .where('l.id', 'is', null)
      .select('g.id')
  )
  return async (executor, events) => (await executor.run(add, { events })).map(({ id }) => id)
}

/** Where a statement sees and changes the database as if it were alone. */
export function addAlone(db: Kysely<Database>): AddStatement {
  const add = prepare((given: Given<{ events: string }>) =>
    db
      .with('given', (creator) => creator.selectFrom(eventsOfSqlite(given.events)).select(columns))
      .insertInto('auth_events')
      .columns(columns)
      .expression((eb) =>
        eb
          .selectFrom('given as g')
          .leftJoin('auth_users as u', 'u.id', 'g.user_id')
          .select(['g.id', 'g.name', 'g.user_id', 'g.session_id'])
          .select([whileThere('u', 'ip'), whileThere('u', 'user_agent'), 'g.at'])
          // SQLite would take the ON of what follows for that of a join.
          .where(sql<boolean>`true`)
      )
      .onConflict((conflict) => conflict.column('id').doNothing())
  )
  return async (executor, events) => {
    await executor.run(add, { events })
    return []
  }
}

/** What says where the event of a user came from, if there is such a user in the table of that alias. */
function whileThere<Column extends 'ip' | 'user_agent'>(users: string, column: Column) {
  return sql<string | null>`case when ${sql.ref(`${users}.id`)} is not null then ${sql.ref(`g.${column}`)} end`.as(
    column
  )
}

function eventsOfPostgres(events: Expression<string>) {
  return sql<EventsTable>`(
    select id, name, user_id, session_id, ip, user_agent, to_timestamp(at / 1000.0) as at
    from jsonb_to_recordset(${events}::jsonb)
      as event(id uuid, name text, user_id uuid, session_id uuid, ip text, user_agent text, at bigint)
  )`.as('event')
}

function eventsOfSqlite(events: Expression<string>) {
  return sql<EventsTable>`(
    select value ->> 'id' as id, value ->> 'name' as name, value ->> 'user_id' as user_id,
      value ->> 'session_id' as session_id, value ->> 'ip' as ip, value ->> 'user_agent' as user_agent, value ->> 'at' as at
    from json_each(${events})
  )`.as('event')
}
