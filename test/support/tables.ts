/** Every single value in every table of a database, as text: for what must be nowhere at all. */
import { PGlite } from '@electric-sql/pglite'
import { runSql } from './rows.ts'

export interface Cell {
  readonly table: string
  readonly column: string
  readonly value: string
}

type Row = Readonly<Record<string, unknown>>
type Query = (sql: string) => Promise<readonly Row[]>

const TABLES = "select tablename as name from pg_tables where schemaname = 'public'"

/** Of PGlite only while nobody has the folder open. */
export async function everything(storage: string): Promise<readonly Cell[]> {
  if (!storage.startsWith('pglite:')) {
    const tables = storage.startsWith('sqlite:') ? "select name from sqlite_master where type = 'table'" : TABLES
    return cells((sql) => runSql(storage, sql), tables)
  }
  const database = await PGlite.create(storage.slice('pglite:'.length))
  try {
    return await cells(async (sql) => (await database.query<Row>(sql)).rows, TABLES)
  } finally {
    await database.close()
  }
}

async function cells(query: Query, tables: string): Promise<Cell[]> {
  const found: Cell[] = []
  for (const { name } of await query(tables)) {
    for (const row of await query(`select * from "${name}"`)) {
      for (const [column, value] of Object.entries(row)) {
        if (value !== null) found.push({ table: String(name), column, value: textOf(value) })
      }
    }
  }
  return found
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
