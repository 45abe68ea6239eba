import type { Kysely } from 'kysely'
import type { Dialect } from './dialect/dialect.ts'
import { persevere, translated } from './failures.ts'
import type { Executor, Statement } from './statement.ts'
import type { Database } from './tables.ts'

/** Runs statements on a Kysely: one of ours, or the host's. */
export function kyselyExecutor(db: Kysely<Database>, dialect: Dialect): Executor {
  const direct = transactionExecutor(db, dialect)
  return {
    run: (statement, values) => persevere(() => direct.run(statement, values)),
    transaction: (work) =>
      persevere(async () => {
        try {
          return await dialect.transaction(db, (transaction) => work(transactionExecutor(transaction, dialect)))
        } catch (error) {
          throw translated(error, dialect.failure)
        }
      })
  }
}

/** Runs statements inside a transaction that is open: nothing can be run again, and a transaction within is this one. */
export function transactionExecutor(transaction: Kysely<Database>, dialect: Dialect): Executor {
  const executor: Executor = {
    async run<Values extends object, Row>({ query, parameters }: Statement<Values, Row>, values: Values) {
      try {
        const encoded = parameters(values).map(dialect.encode)
        const { rows } = await transaction.executeQuery<Row>({ ...query, parameters: encoded })
        return rows
      } catch (error) {
        throw translated(error, dialect.failure)
      }
    },
    transaction: (work) => work(executor)
  }
  return executor
}
