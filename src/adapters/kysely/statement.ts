/** Statements that Kysely builds and compiles once, at boot, and that run with other values each time. */
import { createHash } from 'node:crypto'
import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely'

/** The values of a statement while it is built: each stands for one that comes when it runs. */
export type Given<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> }

export interface Statement<Values extends object, Row> {
  readonly query: CompiledQuery<Row>
  /** For the prepared statement. Made of the text, so that it means the same on every connection a pooler shares. */
  readonly name: string
  /** In the order of the placeholders. */
  parameters(values: Values): unknown[]
}

/** What statements run on: a pool, a Kysely or a transaction. Fails with `StoreUnavailableError` or `Taken`. */
export interface Executor {
  run<Values extends object, Row>(statement: Statement<Values, Row>, values: Values): Promise<readonly Row[]>
  /** Inside a transaction it is that one: `work` must be safe to run again from its start. */
  transaction<T>(work: (executor: Executor) => Promise<T>): Promise<T>
}

export function prepare<Values extends object, Row>(
  build: (given: Given<Values>) => Compilable<Row>
): Statement<Values, Row> {
  const query = build(placeholders<Values>()).compile()
  const parameters = query.parameters.map((parameter): ((values: Values) => unknown) => {
    if (typeof parameter !== 'symbol') return () => parameter
    // A placeholder is a symbol that is described by the name of its value.
    const name = parameter.description as keyof Values
    return (values) => values[name]
  })
  return {
    query,
    name: `gatehouse_${createHash('sha256').update(query.sql).digest('base64url').slice(0, 16)}`,
    parameters: (values) => parameters.map((parameter) => parameter(values))
  }
}

/** Symbols, because no driver takes one: a value that was forgotten cannot get through. */
function placeholders<Values>(): Given<Values> {
  return new Proxy({} as Given<Values>, { get: (_, name) => sql.val(Symbol(String(name))) })
}
