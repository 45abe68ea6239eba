/** PostgreSQL, and PGlite, which is PostgreSQL with one connection. */
import { sql } from 'kysely'
import type { Channel } from '../channel.ts'
import { type Failure, uniqueColumn } from '../failures.ts'
import { addPassingOver } from './add-events.ts'
import { claimInOneStatement } from './claim-in-one-statement.ts'
import type { Dialect, RowLock } from './dialect.ts'
import { endInOneStatement } from './end-sessions.ts'
import { rotateInOneStatement } from './rotate-in-one-statement.ts'
import { togetherInOneStatement } from './together.ts'

const expressions = {
  // Columns keep milliseconds and would round up, into what is not yet due.
  now: (given) => sql<Date>`date_trunc('milliseconds', coalesce(${given}::timestamptz, statement_timestamp()))`,
  later: (instant, seconds) => sql<Date>`(${instant} + make_interval(secs => ${seconds}))`,
  earlier: (one, other) => sql<Date>`least(${one}, ${other})`
} satisfies Partial<Dialect>

const forUpdateIfFree: RowLock = (query) => query.forUpdate().skipLocked()

export const postgres: Dialect = {
  ...expressions,
  // Milliseconds, as Date and ISO 8601 have them: what is answered is what is stored.
  types: { flag: 'boolean', id: 'uuid', instant: 'timestamptz(3)', json: 'jsonb', key: sql`text collate "C"` },
  encode: (value) => value,
  forUpdate: (query) => query.forUpdate(),
  forUpdateIfFree,
  forShare: (query) => query.forShare(),
  transaction: (db, work) => db.transaction().setIsolationLevel('read committed').execute(work),
  failure,
  rotateSession: (db) => rotateInOneStatement(db, expressions, null),
  endSessions: (db, update) => endInOneStatement(db, update, null),
  claimLetters: (db) => claimInOneStatement(db, expressions, forUpdateIfFree),
  together: togetherInOneStatement,
  addEvents: addPassingOver,

  async lockMigrations(transaction, { schema = '', tablePrefix }) {
    // Ends with the transaction, so that it also holds through a pooler that hands out a connection per transaction.
    const name = `fastify-gatehouse ${schema} ${tablePrefix}`
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
  },
  async hasTable(db, schema, table) {
    const name = sql`concat_ws('.', quote_ident(${schema ?? null}::text), quote_ident(${table}::text))`
    const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db)
    return rows[0]?.found === true
  },
  async createSchema(transaction, schema) {
    // Not `if not exists`: that asks for the right to create schemas even where there is nothing to create.
    const { rows } = await sql`select from pg_namespace where nspname = ${schema}`.execute(transaction)
    if (rows.length === 0) await transaction.schema.createSchema(schema).execute()
  }
}

/** The same, and whoever listens to the channel hears when sessions end. */
export function postgresTelling(channel: Channel): Dialect {
  return {
    ...postgres,
    rotateSession: (db) => rotateInOneStatement(db, expressions, channel),
    endSessions: (db, update) => endInOneStatement(db, update, channel)
  }
}

/** Classes of SQLSTATE that say nothing about the statement: connection, transaction, resources, operator, system. */
const OUTAGE = /^(08|25|28|3D|40|53|55|57|58|XX)/
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const UNIQUE_VIOLATION = '23505'

interface ServerError {
  readonly code: string
  readonly constraint?: string
}

function failure(error: unknown): Failure {
  if (!isServerError(error)) return { kind: isMistake(error) ? 'fault' : 'unavailable' }
  const { code, constraint } = error
  if (code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED) return { kind: 'contended' }
  if (code === UNIQUE_VIOLATION) return uniqueColumn(constraint ?? '')
  return { kind: OUTAGE.test(code) ? 'unavailable' : 'fault' }
}

/** The severity tells it from errors of the socket, which have codes too, EPIPE even one of five letters. */
function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
}

/** A bug of ours or of the host's. Whatever else is no answer of the server is the lack of one. */
function isMistake(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind)
}
