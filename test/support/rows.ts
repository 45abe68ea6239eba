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

/** Everything that the library has stored, to be compared. */
export async function contents(storage: string): Promise<unknown> {
  return {
    users: await runSql(storage, 'select * from auth_users order by id'),
    sessions: await runSql(storage, 'select * from auth_sessions order by id')
  }
}
