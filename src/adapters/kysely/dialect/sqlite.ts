/** SQLite through any driver: the errors of `node:sqlite` and of better-sqlite3 are told apart here and nowhere else. */
import { sql } from 'kysely'
import { type Failure, uniqueColumn } from '../failures.ts'
import { addAlone } from './add-events.ts'
import { claimInOneStatement } from './claim-in-one-statement.ts'
import type { Dialect } from './dialect.ts'
import { endInTransaction } from './end-sessions.ts'
import { rotateUnderLock } from './rotate-under-lock.ts'
import { togetherInTransaction } from './together.ts'

const expressions = {
  now: (given) => sql<Date>`coalesce(${given}, cast(round(unixepoch('subsec') * 1000) as integer))`,
  later: (instant, seconds) => sql<Date>`(${instant} + ${seconds} * 1000)`,
  earlier: (one, other) => sql<Date>`min(${one}, ${other})`,
  // The transaction holds the one lock there is.
  forUpdate: (query) => query
} satisfies Partial<Dialect>

export const sqlite: Dialect = {
  ...expressions,
  types: { flag: 'integer', id: 'text', instant: 'integer', json: 'text', key: sql`text collate binary` },
  encode,
  // A statement sees and changes the database as if it were alone.
  forUpdateIfFree: (query) => query,
  forShare: (query) => query,
  transaction: (db, work) =>
    db.connection().execute(async (connection) => {
      // Said explicitly: a plain `begin` that reads first fails when it then wants to write.
      await sql`begin immediate`.execute(connection)
      try {
        const result = await work(connection)
        await sql`commit`.execute(connection)
        return result
      } catch (error) {
        // Some errors have rolled back already, and then this one says so; the first is the one to tell.
        await sql`rollback`.execute(connection).catch(() => {})
        throw error
      }
    }),
  failure,
  rotateSession: (db) => rotateUnderLock(db, expressions),
  endSessions: endInTransaction,
  // A statement sees and changes the database as if it were alone.
  claimLetters: (db) => claimInOneStatement(db, expressions, (query) => query),
  together: togetherInTransaction,
  addEvents: addAlone,

  async lockMigrations() {
    // The transaction holds the one lock there is, across processes too.
  },
  async hasTable(db, _schema, table) {
    const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${table}`.execute(db)
    return rows.length > 0
  }
}

function encode(value: unknown): unknown {
  // A driver would take a Date that comes first for a bag of named values, and bind nothing.
  if (value instanceof Date) return value.getTime()
  return typeof value === 'boolean' ? Number(value) : value
}

/** Primary result codes, by the name that better-sqlite3 uses and the number that `node:sqlite` does. */
const CONTENDED = { SQLITE_BUSY: 5, SQLITE_LOCKED: 6 }
const UNAVAILABLE = {
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26
}
const CONSTRAINT = { SQLITE_CONSTRAINT: 19 }

function failure(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'fault' }
  if (isOneOf(CONTENDED, error)) return { kind: 'contended' }
  if (isOneOf(UNAVAILABLE, error) || isClosed(error)) return { kind: 'unavailable' }
  if (isOneOf(CONSTRAINT, error) && error.message.startsWith('UNIQUE')) return uniqueColumn(error.message)
  return { kind: 'fault' }
}

function isOneOf(codes: Readonly<Record<string, number>>, error: Error): boolean {
  const { code = '', errcode = 0 } = error as { code?: string; errcode?: number }
  // The low byte of an extended code, and the start of its name, are the primary one.
  return Object.entries(codes).some(([name, number]) => (errcode & 0xff) === number || code.startsWith(name))
}

function isClosed(error: Error): boolean {
  return /database( connection)? is not open|driver has already been destroyed/.test(error.message)
}
