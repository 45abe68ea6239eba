/**
 * Creates and upgrades the tables. Not by Kysely's Migrator: it takes a lock of the connection inside our transaction,
 * which an error in a migration leaves behind in the pool, and it reads the whole catalogue of the host at each boot.
 */
import type { Kysely } from 'kysely'
import { OptionsError } from '../../errors.ts'
import type { Dialect } from './dialect/dialect.ts'
import { accounts } from './migrations/0001-accounts.ts'
import { letters } from './migrations/0002-letters.ts'
import { browserSessions } from './migrations/0003-browser-sessions.ts'
import { events } from './migrations/0004-events.ts'
import type { Migration } from './migrations/migration.ts'
import type { Place } from './place.ts'
import { type Database, nameInDatabase } from './tables.ts'

/** In the order in which they run; a name that was released never changes. */
const migrations: ReadonlyMap<string, Migration> = new Map([
  ['0001-accounts', accounts],
  ['0002-letters', letters],
  ['0003-browser-sessions', browserSessions],
  ['0004-events', events]
])

export function migrate(db: Kysely<Database>, dialect: Dialect, place: Place): Promise<void> {
  return dialect.transaction(db, async (transaction) => {
    await dialect.lockMigrations(transaction, place)
    if (place.schema !== undefined) await dialect.createSchema?.(transaction, place.schema)
    const applied = await appliedMigrations(transaction, dialect, place)
    refuseUnknown(applied)
    if (applied === null) await createMigrationsTable(transaction)
    for (const [name, migration] of migrations) {
      if (applied?.has(name)) continue
      await migration(transaction, dialect)
      await transaction.insertInto('auth_migrations').values({ name, timestamp: new Date().toISOString() }).execute()
    }
  })
}

/** Passes when exactly the migrations that this version knows are applied. */
export async function refuseDrift(db: Kysely<Database>, dialect: Dialect, place: Place): Promise<void> {
  const applied = await appliedMigrations(db, dialect, place)
  refuseUnknown(applied)
  const missing = [...migrations.keys()].filter((name) => !applied?.has(name))
  if (missing.length === 0) return
  throw new OptionsError(
    `storage: expected tables of this version, the migration ${missing.join(', ')} is missing; ` +
      'run `npx fastify-gatehouse migrate --database URL`'
  )
}

function refuseUnknown(applied: ReadonlySet<string> | null): void {
  const unknown = [...(applied ?? [])].filter((name) => !migrations.has(name))
  if (unknown.length === 0) return
  throw new OptionsError(
    `storage: expected tables of this version, the migration ${unknown.join(', ')} is of a newer one; ` +
      'install the version whose `npx fastify-gatehouse migrate --database URL` applied it'
  )
}

/** Null while there is no table of them. */
async function appliedMigrations(
  db: Kysely<Database>,
  dialect: Dialect,
  { schema, tablePrefix }: Place
): Promise<ReadonlySet<string> | null> {
  if (!(await dialect.hasTable(db, schema, nameInDatabase('auth_migrations', tablePrefix)))) return null
  const rows = await db.selectFrom('auth_migrations').select('name').execute()
  return new Set(rows.map(({ name }) => name))
}

async function createMigrationsTable(transaction: Kysely<Database>): Promise<void> {
  await transaction.schema
    .createTable('auth_migrations')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('timestamp', 'text', (column) => column.notNull())
    .execute()
}
