/** Everything in which the databases differ. Code outside this folder asks for what it needs and never which one it is. */
import type {
  ColumnDataType,
  Compilable,
  Expression,
  Kysely,
  RawBuilder,
  SelectQueryBuilder,
  UpdateQueryBuilder,
  UpdateResult
} from 'kysely'
import type { EndedSession, RotateSession, SessionOutcome } from '../../../store/index.ts'
import type { Failure } from '../failures.ts'
import type { Place } from '../place.ts'
import type { Executor, Given } from '../statement.ts'
import type { Database, Instant, OutboxTable, Whole } from '../tables.ts'

export interface Dialect {
  /** Column types for migrations. `key` compares byte by byte, whatever the database's language. */
  readonly types: Readonly<
    Record<'flag' | 'id' | 'instant' | 'json' | 'key', ColumnDataType | RawBuilder<string | null>>
  >

  /** The instant given, or the database's clock, the same throughout a statement: processes need not agree on the time. */
  now(given: Expression<Date | null>): RawBuilder<Date>
  /** Databases do not agree on how to add seconds to an instant. */
  later(instant: Expression<Date>, seconds: Expression<number>): RawBuilder<Date>
  /** `least`, as the standard does not call it. */
  earlier(one: Expression<Date>, other: Expression<Date>): RawBuilder<Date>
  /** A bound value as the driver takes it. */
  encode(value: unknown): unknown

  /** Nobody else changes the rows read, nor reads them like this, before the transaction ends. */
  forUpdate: RowLock
  /** The same, and rows that somebody else holds are not read: nobody is waited for. */
  forUpdateIfFree: RowLock
  /** Nobody changes the rows read before the statement's transaction ends. */
  forShare: RowLock
  /** READ COMMITTED where that exists; a transaction that will write holds its lock from the start where there is but one. */
  transaction<T>(db: Kysely<Database>, work: (db: Kysely<Database>) => Promise<T>): Promise<T>
  /** What a driver's error means: every database numbers its errors in its own way. */
  failure(error: unknown): Failure

  /** The state machine of rotation: one statement where UPDATE can decide and tell, else read, decide, write. */
  rotateSession(db: Kysely<Database>): RotateStatement
  /** Ends sessions and writes down which: one statement where WITH may hold changes, else a transaction. */
  endSessions<Values extends object>(db: Kysely<Database>, update: EndingUpdate<Values>): EndStatement<Values>
  /** Leases letters that nobody else has: one statement where UPDATE can tell which. */
  claimLetters(db: Kysely<Database>): ClaimStatement
  /** Adds events out of JSON, which databases do not agree on how to read. */
  addEvents(db: Kysely<Database>): AddStatement
  /** Changes that are made together or not at all: one statement where WITH may hold them, else a transaction. */
  together<Values extends object, Row>(
    db: Kysely<Database>,
    main: Change<Values, Row>,
    ...others: readonly Change<Values>[]
  ): Changes<Values, Row>

  /** Waits until no other process migrates these tables; held until the transaction ends. */
  lockMigrations(transaction: Kysely<Database>, place: Place): Promise<void>
  /** Asking a table that is not there would break the transaction on some. */
  hasTable(db: Kysely<Database>, schema: string | undefined, table: string): Promise<boolean>
  /** Absent where a database has no schemas. */
  createSchema?(transaction: Kysely<Database>, schema: string): Promise<void>
}

export type RowLock = <DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>
) => SelectQueryBuilder<DB, TB, O>

export type RotateStatement = (executor: Executor, rotation: RotateSession, now: Date | null) => Promise<SessionOutcome>

/** Sets when and why they ended, of sessions that live. */
export type EndingUpdate<Values> = (
  given: Given<Values>
) => UpdateQueryBuilder<Database, 'auth_sessions', 'auth_sessions', UpdateResult>

export type EndStatement<Values> = (executor: Executor, values: Values) => Promise<readonly EndedSession[]>

export interface Claim {
  readonly limit: number
  readonly leaseSeconds: number
  readonly now: Date | null
}

export type ClaimedRow = Pick<OutboxTable, 'id' | 'name' | 'address' | 'user_id' | 'session_id'> & {
  readonly epoch: Whole | null
  readonly attempts: Whole
  readonly leased_until: Instant
}

export type ClaimStatement = (executor: Executor, claim: Claim, early: boolean) => Promise<readonly ClaimedRow[]>

/** Answers with the ids of those that could not be added for now. */
export type AddStatement = (executor: Executor, events: string) => Promise<readonly string[]>

export type Change<Values, Row = unknown> = (given: Given<Values>) => Compilable<Row>

/** Answers with the rows that the main change tells. */
export type Changes<Values, Row> = (executor: Executor, values: Values) => Promise<readonly Row[]>
