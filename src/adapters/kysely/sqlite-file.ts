import { resolve } from 'node:path'
import { Kysely, SqliteDialect } from 'kysely'
import { openNodeSqlite } from './node-sqlite.ts'

export interface SqliteFile {
  readonly kysely: Kysely<unknown>
  close(): Promise<void>
}

const shared = new Map<string, { readonly opening: Promise<SqliteFile>; holders: number }>()

/**
 * One connection to a file for every store of the process. Of two connections, one that waits for the other's
 * transaction would block the process, which that transaction needs to come to its end.
 */
export async function openSqliteFile(file: string): Promise<SqliteFile> {
  if (file === ':memory:') return openConnection(file)
  const path = resolve(file)
  const entry = shared.get(path) ?? { opening: openConnection(file), holders: 0 }
  shared.set(path, entry)
  entry.holders += 1
  async function letGo(): Promise<void> {
    entry.holders -= 1
    if (entry.holders > 0) return
    shared.delete(path)
    const { close } = await entry.opening
    await close()
  }
  try {
    const { kysely } = await entry.opening
    return { kysely, close: letGo }
  } catch (error) {
    if (shared.get(path) === entry) shared.delete(path)
    throw error
  }
}

async function openConnection(file: string): Promise<SqliteFile> {
  const database = await openNodeSqlite(file)
  const kysely = new Kysely({ dialect: new SqliteDialect({ database }) })
  return { kysely, close: async () => database.close() }
}
