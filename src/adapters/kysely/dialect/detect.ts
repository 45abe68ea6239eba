import { type Kysely, MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'
import { OptionsError } from '../../../errors.ts'
import { openChannel } from '../channel.ts'
import type { Place } from '../place.ts'
import type { Database } from '../tables.ts'
import type { Dialect } from './dialect.ts'
import { postgresTelling } from './postgres.ts'
import { sqlite } from './sqlite.ts'

/** The dialect that a Kysely speaks, by the adapter it was made with; PGlite's is one of PostgreSQL's. */
export function detectDialect(db: Kysely<Database>, place: Place): Dialect {
  const { adapter } = db.getExecutor()
  if (isA(adapter, PostgresAdapter)) return postgresTelling(openChannel(place))
  if (isA(adapter, SqliteAdapter)) return sqlite
  const received = isA(adapter, MysqlAdapter) ? 'MySQL, which comes in a later release' : adapter.constructor.name
  throw new OptionsError(`storage: expected a Kysely of PostgreSQL, PGlite or SQLite, received one of ${received}`)
}

/** By name too: the host may have a second copy of Kysely, whose classes are others. */
function isA(adapter: object, kind: { readonly name: string; new (): object }): boolean {
  for (let each: object | null = adapter; each !== null; each = Object.getPrototypeOf(each)) {
    if (each instanceof kind || each.constructor.name === kind.name) return true
  }
  return false
}
