/** What really stands in the tables of a database, read and written behind the library's back. */
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

type Row = Readonly<Record<string, unknown>>

/** Runs one statement without parameters. */
export async function runSql(storage: string, sql: string): Promise<readonly Row[]> {
  if (storage.startsWith('sqlite:')) {
    const database = new DatabaseSync(storage.slice('sqlite:'.length))
    try {
      return database.prepare(sql).all() as Row[]
    } finally {
      database.close()
    }
  }
  const client = new pg.Client({ connectionString: storage })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Everything that the library has stored, to be compared; without events, which come some time after what happened. */
export async function contents(storage: string): Promise<Readonly<Record<string, readonly Row[]>>> {
  const tables = await runSql(storage, storage.startsWith('sqlite:') ? SQLITE_TABLES : POSTGRES_TABLES)
  const stored: Record<string, readonly Row[]> = {}
  for (const { name } of tables) stored[String(name)] = await runSql(storage, `select * from ${name} order by 1`)
  return stored
}

const SQLITE_TABLES =
  "select name from sqlite_master where type = 'table' and name glob 'auth_*' and name <> 'auth_events'"
const POSTGRES_TABLES =
  "select tablename as name from pg_tables where tablename ^@ 'auth_' and tablename <> 'auth_events'"
