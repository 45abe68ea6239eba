/** The connections to PostgreSQL that we open ourselves. Nothing here waits longer than three seconds. */
import type { Pool, PoolClient } from 'pg'
import { OptionsError } from '../../errors.ts'
import { StoreUnavailableError } from '../../store/index.ts'
import { postgres } from './dialect/postgres.ts'
import { Contended, persevere, translated } from './failures.ts'
import type { Executor, Statement } from './statement.ts'

const MAX_CONNECTIONS = 20
const CONNECT_TIMEOUT_MS = 1_500
/** From getting a connection to giving it back, a whole transaction too. */
const LOAN_TIMEOUT_MS = 1_400
/** Each waits a millisecond or so for its turn, and never longer than for a connection. */
const WAITERS_PER_CONNECTION = 50

export type Driver = Pick<typeof import('pg'), 'Client' | 'Pool'>

export interface Log {
  error(details: object, message: string): void
}

export function openPool({ Client, Pool }: Driver, connectionString: string, log: Log, max = MAX_CONNECTIONS): Pool {
  refuseMalformed(Client, connectionString)
  const pool = new Pool({ connectionString, max, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true })
  // Without a listener, an idle connection that the server drops ends the process.
  pool.on('error', (error) => {
    if (!pool.ending) log.error({ err: error }, 'An idle connection to PostgreSQL was lost')
  })
  // So does one that is lent and between two statements; its next statement tells the borrower.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function refuseMalformed(Client: Driver['Client'], connectionString: string): void {
  try {
    new Client({ connectionString })
  } catch {
    // Without the cause, which quotes the URL and the password in it.
    throw new OptionsError(
      'storage: expected a URL with %-encoding in user and password, received one that cannot be parsed'
    )
  }
}

/** Runs statements as prepared ones under their names, or as plain ones for poolers that cannot. */
export function poolExecutor(pool: Pool, { prepare }: { readonly prepare: boolean }): Executor {
  function bind<Values extends object, Row>(statement: Statement<Values, Row>, values: Values): Query {
    const { query, name, parameters } = statement
    return {
      name: prepare ? name : undefined,
      text: query.sql,
      values: parameters(values),
      query_timeout: LOAN_TIMEOUT_MS
    }
  }
  return {
    run: (statement, values) => persevere(() => runAlone(pool, bind(statement, values))),
    transaction: (work) =>
      persevere(() =>
        lend(pool, async (loan) => {
          const inside: Executor = {
            run: (statement, values) => answer(loan, bind(statement, values)),
            transaction: (nested) => nested(inside)
          }
          await answer(loan, { text: 'begin isolation level read committed' })
          try {
            const result = await work(inside)
            await answer(loan, { text: 'commit' })
            return result
          } catch (error) {
            if (!isLost(error)) await answer(loan, { text: 'rollback' })
            throw error
          }
        })
      )
  }
}

/** The hot path: a statement by itself costs one promise, where lending a connection costs one for each step. */
function runAlone<Row>(pool: Pool, query: Query): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    if (isCrowded(pool)) return reject(crowded())
    pool.connect((failure, client, release) => {
      if (client === undefined) return reject(translated(failure, postgres.failure))
      void client.query(query, (error: Error | null, result) => {
        const failed = error && translated(error, postgres.failure)
        release(isLost(failed))
        if (failed) reject(failed)
        else resolve(result.rows)
      })
    })
  })
}

interface Loan {
  readonly client: PoolClient
  /** By `performance.now()`. */
  readonly until: number
}

async function lend<T>(pool: Pool, work: (loan: Loan) => Promise<T>): Promise<T> {
  const client = await borrow(pool)
  let lost = false
  try {
    return await work({ client, until: performance.now() + LOAN_TIMEOUT_MS })
  } catch (error) {
    lost = isLost(error)
    throw error
  } finally {
    // Not `pool.query`, which throws the connection away at every error, a taken address too.
    client.release(lost)
  }
}

async function borrow(pool: Pool): Promise<PoolClient> {
  if (isCrowded(pool)) throw crowded()
  try {
    return await pool.connect()
  } catch (error) {
    throw translated(error, postgres.failure)
  }
}

const isCrowded = (pool: Pool): boolean => pool.waitingCount >= pool.options.max * WAITERS_PER_CONNECTION

const crowded = () => new StoreUnavailableError('Too many requests wait for a connection to PostgreSQL')

interface Query {
  readonly name?: string | undefined
  readonly text: string
  readonly values?: unknown[]
  /** Milliseconds. It is read from the query as from the pool's options, but is not in its type. */
  readonly query_timeout?: number
}

async function answer<Row>({ client, until }: Loan, query: Query): Promise<readonly Row[]> {
  const timely = { ...query, query_timeout: Math.max(1, until - performance.now()) }
  try {
    const { rows } = await client.query(timely)
    return rows
  } catch (error) {
    throw translated(error, postgres.failure)
  }
}

/** Whether the connection is, or may be, unfit for whoever borrows it next. */
function isLost(error: unknown): boolean {
  return error instanceof StoreUnavailableError && !(error instanceof Contended)
}
