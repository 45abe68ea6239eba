/** Events out of the JSON that holds them, as rows of their table. */
import { type AliasedRawBuilder, type Expression, sql } from 'kysely'
import type { EventsTable } from '../tables.ts'

export type EventRows = (events: Expression<string>) => AliasedRawBuilder<EventsTable, 'event'>

export const eventRowsOfPostgres: EventRows = (events) =>
  sql<EventsTable>`(
    select id, name, user_id, session_id, ip, user_agent, to_timestamp(at / 1000.0) as at
    from jsonb_to_recordset(${events}::jsonb)
      as event(id uuid, name text, user_id uuid, session_id uuid, ip text, user_agent text, at bigint)
  )`.as('event')

export const eventRowsOfSqlite: EventRows = (events) =>
  sql<EventsTable>`(
    select value ->> 'id' as id, value ->> 'name' as name, value ->> 'user_id' as user_id,
      value ->> 'session_id' as session_id, value ->> 'ip' as ip, value ->> 'user_agent' as user_agent, value ->> 'at' as at
    from json_each(${events})
  )`.as('event')
