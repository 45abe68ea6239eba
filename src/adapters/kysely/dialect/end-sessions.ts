/** Two ways to end sessions and to write down which, so that neither happens without the other. */
import { type Expression, type Kysely, type QueryCreator, sql } from 'kysely'
import type { Channel } from '../channel.ts'
import { type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { EndingUpdate, EndStatement } from './dialect.ts'

/** Where WITH may hold changes. Whoever listens to the channel is told when it commits, if anything ended. */
export function endInOneStatement<Values extends object>(
  db: Kysely<Database>,
  update: EndingUpdate<Values>,
  channel: Channel | null
): EndStatement<Values> {
  const statement = prepare((given: Given<Values>) =>
    db
      .with('ended', () => update(given).returning(['id', 'user_id', 'ended_at', 'end_reason']))
      .with('recorded', (creator) => {
        const rows = creator.selectFrom('ended').select(['id as sid', 'ended_at', 'end_reason as reason'])
        return recordEnded(creator, rows, channel)
      })
      .selectFrom('ended')
      .select(['id', 'user_id as userId'])
  )
  return (executor, values) => executor.run(statement, values)
}

export function endInTransaction<Values extends object>(
  db: Kysely<Database>,
  update: EndingUpdate<Values>
): EndStatement<Values> {
  const end = prepare((given: Given<Values>) => update(given).returning(['id', 'user_id']))
  const record = prepare((given: Given<{ id: string }>) => {
    const ended = db.selectFrom('auth_sessions').where('id', '=', given.id)
    return recordEnded(db, ended.select(['id as sid', 'ended_at', 'end_reason as reason']), null)
  })
  return (executor, values) =>
    executor.transaction(async (transaction) => {
      const ended = await transaction.run(end, values)
      for (const { id } of ended) await transaction.run(record, { id })
      return ended.map((row) => ({ id: row.id, userId: row.user_id }))
    })
}

/** Tells whoever listens to the channel when that commits: in RETURNING, since a SELECT in WITH runs only where it is read. */
export function recordEnded(
  creator: Pick<QueryCreator<Database>, 'insertInto'>,
  rows: Expression<object>,
  channel: Channel | null
) {
  return (
    creator
      .insertInto('auth_ended_sessions')
      .columns(['sid', 'ended_at', 'reason'])
      .expression(rows)
      // One that came back to life, as after restoring a part of a backup, ends again.
      .onConflict((conflict) =>
        conflict
          .column('sid')
          .doUpdateSet((eb) => ({ ended_at: eb.ref('excluded.ended_at'), reason: eb.ref('excluded.reason') }))
      )
      .$if(channel !== null, (query) =>
        query.returning(sql`pg_notify(${channel?.name}, ${channel?.speaker})`.as('told'))
      )
  )
}
