/** Two ways to make changes together or not at all. What the main one tells is the answer. */
import { type Kysely, sql } from 'kysely'
import { type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { Change, Changes } from './dialect.ts'

/** Where WITH may hold changes: all see the database as it was before, so that none of them depends on another. */
export function togetherInOneStatement<Values extends object, Row>(
  db: Kysely<Database>,
  main: Change<Values, Row>,
  ...others: readonly Change<Values>[]
): Changes<Values, Row> {
  const statement = prepare((given: Given<Values>) => {
    const parts = others.map((other, index) => sql`${sql.id(`part_${index}`)} as (${other(given)})`)
    const query = sql<Row>`with ${sql.join(parts)} ${main(given)}`
    return { compile: () => query.compile(db) }
  })
  return (executor, values) => executor.run(statement, values)
}

/** The main one comes first: where it is refused inside a transaction of the host's, nothing else was done there. */
export function togetherInTransaction<Values extends object, Row>(
  _db: Kysely<Database>,
  main: Change<Values, Row>,
  ...others: readonly Change<Values>[]
): Changes<Values, Row> {
  const first = prepare(main)
  const rest = others.map((other) => prepare(other))
  return (executor, values) =>
    executor.transaction(async (transaction) => {
      const rows = await transaction.run(first, values)
      for (const statement of rest) await transaction.run(statement, values)
      return rows
    })
}
