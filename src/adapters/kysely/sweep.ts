/** Removes what is past its time from a table of any size: no statement reads or holds more than a window of its rows. */
import { type Compilable, type Kysely, type RawBuilder, sql } from 'kysely'
import { flag, NOBODY } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

const WINDOW = 1000

/** Of the rows whose ids lie in a window, those that were over before an instant. */
export interface Sweep {
  /** The last id of the window before. */
  readonly after: string
  readonly last: string
  /** Seconds from now, thus negative. */
  readonly before: number
  readonly now: Date | null
}

export function isInWindow({ after, last }: Given<Sweep>): RawBuilder<boolean> {
  return sql<boolean>`(id > ${after} and id <= ${last})`
}

interface Swept {
  readonly table: 'auth_sessions' | 'auth_one_time_tokens' | 'auth_events'
  /** The column that says when a row was made: nothing is over before that. */
  readonly madeAt: 'created_at' | 'at'
  /** Answers with a row for each that it removed. */
  readonly remove: (given: Given<Sweep>) => Compilable
}

/** Answers with how many rows it removed. Two of them at the same time share the work. */
export function sweeping(
  db: Kysely<Database>,
  dialect: Dialect,
  { table, madeAt, remove }: Swept
): (executor: Executor, seconds: number, now: Date | null) => Promise<number> {
  const look = prepare((given: Given<Omit<Sweep, 'last'>>) =>
    db
      .with('swept', () =>
        db
          // Every table that is swept has ids.
          .selectFrom(table as 'auth_sessions')
          .select(['id', sql.ref<Date>(madeAt).as('made_at')])
          .where('id', '>', given.after)
          .orderBy('id')
          .limit(sql.lit(WINDOW))
      )
      .selectFrom('swept')
      .select('id')
      .select((eb) =>
        eb(
          eb.selectFrom('swept').select((oldest) => oldest.fn.min('made_at').as('oldest')),
          '<',
          dialect.later(dialect.now(given.now), given.before)
        ).as('is_old')
      )
      .orderBy('id', 'desc')
      .limit(1)
  )
  const removeOld = prepare(remove)

  return async (executor, seconds, now) => {
    let removed = 0
    let after = NOBODY
    for (;;) {
      const [window] = await executor.run(look, { after, before: -seconds, now })
      // Ids are in the order of time: where nothing is old, nothing after it is.
      if (window === undefined || !flag(window.is_old)) return removed
      const rows = await executor.run(removeOld, { after, last: window.id, before: -seconds, now })
      removed += rows.length
      after = window.id
    }
  }
}
