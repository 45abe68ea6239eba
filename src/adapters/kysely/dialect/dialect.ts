/** Everything in which the databases differ. Code outside this folder asks for what it needs and never which one it is. */
import type { ColumnDataType, Expression, Kysely, RawBuilder, SelectQueryBuilder } from 'kysely'
import type { RotateSession, SessionOutcome } from '../../../store/index.ts'
import type { Failure } from '../failures.ts'
import type { Place } from '../place.ts'
import type { Executor } from '../statement.ts'
import type { Database } from '../tables.ts'

export interface Dialect {
  /** Column types for migrations. `key` compares byte by byte, whatever the database's language. */
  readonly types: Readonly<Record<'id' | 'instant' | 'json' | 'key', ColumnDataType | RawBuilder<string | null>>>

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
  /** Nobody changes the rows read before the statement's transaction ends. */
  forShare: RowLock
  /** READ COMMITTED where that exists; a transaction that will write holds its lock from the start where there is but one. */
  transaction<T>(db: Kysely<Database>, work: (db: Kysely<Database>) => Promise<T>): Promise<T>
  /** What a driver's error means: every database numbers its errors in its own way. */
  failure(error: unknown): Failure

  /** The state machine of rotation: one statement where UPDATE can decide and tell, else read, decide, write. */
  rotateSession(db: Kysely<Database>): RotateStatement

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
