/** Accounts in the host's own database, through its own Kysely. */
import type { Kysely } from 'kysely'
import type { AuthStore } from '../../store/index.ts'
import { detectDialect } from './dialect/detect.ts'
import { kyselyExecutor } from './executor.ts'
import { type PlaceOptions, placeOf, refuseSchema } from './place.ts'
import { buildStore } from './store.ts'
import { ownTables } from './tables.ts'

export type { PlaceOptions as KyselyStoreOptions } from './place.ts'

/** A store in the host's database. The Kysely stays the host's: it is used without its plugins and never closed. */
export function kyselyStore<DB>(host: Kysely<DB>, options: PlaceOptions = {}): AuthStore {
  const place = placeOf(options)
  const db = ownTables(host, place)
  const dialect = detectDialect(db, place)
  if (dialect.createSchema === undefined) refuseSchema(place)
  return buildStore({ db, dialect, place, executor: kyselyExecutor(db, dialect), close: async () => {} })
}
