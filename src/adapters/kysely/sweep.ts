/** Removes what is past its time from a table of any size, a window of its rows at a time. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Compilable, type Kysely, type RawBuilder, sql } from 'kysely'
import { NOBODY } from './columns.ts'
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

/** Answers with how many rows it removed. Two of them at the same time share the work. */
export function sweeping(
  db: Kysely<Database>,
  table: 'auth_sessions' | 'auth_one_time_tokens' | 'auth_events',
  /** Answers with a row for each that it removed. */
  remove: (given: Given<Sweep>) => Compilable
): (executor: Executor, seconds: number, now: Date | null) => Promise<number> {
  const findLast = prepare((given: Given<{ after: string }>) =>
    db
      .with('swept', () =>
        db
          // Every table that is swept has ids.
          .selectFrom(table as 'auth_sessions')
          .select('id')
          .where('id', '>', given.after)
          .orderBy('id')
          .limit(sql.lit(WINDOW))
      )
      .selectFrom('swept')
      .select('id')
      .orderBy('id', 'desc')
      .limit(1)
  )
  const removeOld = prepare(remove)

  return async (executor, seconds, now) => {
    let removed = 0
    let after = NOBODY
    // To the end: ids are made by the clocks of processes, which may be wrong, and say little of what is old.
    for (;;) {
      const [window] = await executor.run(findLast, { after })
      if (window === undefined) return removed
      const rows = await executor.run(removeOld, { after, last: window.id, before: -seconds, now })
      removed += rows.length
      after = window.id
      // SQLite answers at once: requests go first.
      await turn()
    }
  }
}
