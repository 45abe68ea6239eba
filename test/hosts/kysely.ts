/** A host's own Kysely, on each database that it may bring; closed when the test ends, since it stays the host's. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, type KyselyPlugin, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import type { Test } from 'tap'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'

export interface HostDatabase {
  readonly name: string
  open(t: Test, plugins?: KyselyPlugin[]): Promise<Kysely<unknown>>
}

export const hostDatabases: readonly HostDatabase[] = [
  {
    name: 'PostgreSQL',
    async open(t, plugins = []) {
      const pool = new pg.Pool({ connectionString: await postgresDatabase(t) })
      // As every host should: an idle connection that the server drops would end the process.
      pool.on('error', () => {})
      const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), plugins })
      t.teardown(() => db.destroy())
      return db
    }
  },
  {
    name: 'SQLite',
    async open(t, plugins = []) {
      const database = new DatabaseSync(sqliteFile(t).replace('sqlite:', ''))
      const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: asKyselyExpects(database) }), plugins })
      t.teardown(() => db.destroy())
      return db
    }
  }
]

/** As a host would write it: Kysely's dialect is made for better-sqlite3. */
function asKyselyExpects(database: DatabaseSync) {
  return {
    close: () => database.close(),
    prepare(text: string) {
      const statement = database.prepare(text)
      const bound = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...bound(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...bound(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...bound(parameters))
      }
    }
  }
}
