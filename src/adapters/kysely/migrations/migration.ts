import type { Kysely } from 'kysely'
import type { Dialect } from '../dialect/dialect.ts'
import type { Database } from '../tables.ts'

/** Runs once for a database, in the transaction of all that are due. */
export type Migration = (db: Kysely<Database>, dialect: Dialect) => Promise<void>
