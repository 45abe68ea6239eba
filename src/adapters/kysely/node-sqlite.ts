/** `node:sqlite` as Kysely's SqliteDialect wants a database. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { OptionsError } from '../../errors.ts'

/** A commit is on the disk when it is acknowledged. */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
`

/** At boot, when several processes may be creating the file. */
const BOOT_TIMEOUT_MS = 5_000
/** Later, since SQLite's own waiting blocks the process: after so long, the executor waits on without that. */
const BUSY_TIMEOUT_MS = 100

export async function openNodeSqlite(file: string): Promise<SqliteDatabase> {
  const { DatabaseSync } = await import('node:sqlite')
  try {
    const database = new DatabaseSync(file, { timeout: BOOT_TIMEOUT_MS })
    database.exec(SETTINGS)
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    return adapted(database)
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error)
    throw new OptionsError(`storage: expected a file that SQLite can open, received ${file}: ${complaint}`)
  }
}

function adapted(database: DatabaseSync): SqliteDatabase {
  // Few texts come here, since statements are compiled once.
  const prepared = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = prepared.get(text) ?? adaptedStatement(database.prepare(text))
      prepared.set(text, statement)
      return statement
    }
  }
}

function adaptedStatement(statement: StatementSync): SqliteStatement {
  // The dialect has encoded what is bound: values that SQLite knows, and no object first, taken for named ones.
  const bound = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[]
  return {
    // `all` runs a statement without rows as well; how many it changed nobody asks, as ours tell by RETURNING.
    reader: true,
    all: (parameters) => statement.all(...bound(parameters)),
    run: (parameters) => statement.run(...bound(parameters)),
    iterate: (parameters) => statement.iterate(...bound(parameters))
  }
}
