import { OptionsError } from '../../errors.ts'

/** Where our tables are in a database that holds others too. */
export interface Place {
  /** Undefined is where the connection looks first. */
  readonly schema: string | undefined
  readonly tablePrefix: string
}

export interface PlaceOptions {
  /** The schema of our tables, made when it is not there; default: where the connection looks first. */
  readonly schema?: string | undefined
  /** Begins the name of each of our tables; default: `auth_`. */
  readonly tablePrefix?: string | undefined
}

export const DEFAULT_PREFIX = 'auth_'

// Short, because PostgreSQL cuts names after 63 bytes, and those of our constraints are told apart by how they end.
const PREFIX = /^[a-z_][a-z0-9_]{0,31}$/

export function placeOf({ schema, tablePrefix = DEFAULT_PREFIX }: PlaceOptions): Place {
  if (!PREFIX.test(tablePrefix)) {
    throw new OptionsError(
      `tablePrefix: expected 1 to 32 of a-z, 0-9 and _, first a letter or _, received ${JSON.stringify(tablePrefix)}`
    )
  }
  return { schema, tablePrefix }
}

/** For databases that have no schemas. */
export function refuseSchema({ schema }: Place): void {
  if (schema !== undefined)
    throw new OptionsError('schema: expected none on SQLite, which has no schemas, received one')
}
