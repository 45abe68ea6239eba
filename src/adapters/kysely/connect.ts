/** A store by the URL of its database: what is opened here is closed by the store. */
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import { OptionsError } from '../../errors.ts'
import type { AuthStore } from '../../store/index.ts'
import { openChannel } from './channel.ts'
import { postgres, postgresTelling } from './dialect/postgres.ts'
import { sqlite } from './dialect/sqlite.ts'
import { kyselyExecutor } from './executor.ts'
import { lockFolder } from './folder-lock.ts'
import { openEar } from './listen.ts'
import { type PlaceOptions, placeOf, refuseSchema } from './place.ts'
import { type Log, openPool, poolExecutor } from './pool.ts'
import { openSqliteFile } from './sqlite-file.ts'
import { buildStore } from './store.ts'
import { ownTables } from './tables.ts'

export interface ConnectOptions extends PlaceOptions {
  readonly postgres: { readonly prepare: boolean; readonly listen: boolean }
  readonly log: Log
}

const EXPECTED = 'storage: expected a URL that starts with postgres://, sqlite: or pglite:'

/** Opens the database of a URL, which no message repeats: it may hold a password. */
export async function connectStore(url: string, options: ConnectOptions): Promise<AuthStore> {
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/.exec(url) ?? []
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return connectPostgres(url, options)
    case 'sqlite':
      return connectSqlite(rest, options)
    case 'pglite':
      return connectPglite(rest, options)
    case 'mysql':
      throw new OptionsError(`${EXPECTED}, received mysql://, which comes in a later release`)
    default:
      throw new OptionsError(`${EXPECTED}, received another one`)
  }
}

async function connectPostgres(url: string, options: ConnectOptions): Promise<AuthStore> {
  const place = placeOf(options)
  const driver = await installed('pg', () => import('pg'))
  const pool = openPool(driver, url, options.log)
  const db = ownTables(new Kysely({ dialect: new PostgresDialect({ pool }) }), place)
  const executor = poolExecutor(pool, options.postgres)
  // Who does not listen tells those who do all the same.
  const channel = openChannel(place)
  if (!options.postgres.listen) {
    return buildStore({ db, dialect: postgresTelling(channel), place, executor, close: () => pool.end() })
  }
  const ear = openEar({ driver, connectionString: url, channel, db, executor })
  return buildStore({
    db,
    dialect: postgresTelling(channel),
    place,
    executor,
    listen: ear.listen,
    async close() {
      await ear.close()
      await pool.end()
    }
  })
}

async function connectSqlite(file: string, options: ConnectOptions): Promise<AuthStore> {
  const place = placeOf(options)
  refuseSchema(place)
  const { kysely, close } = await openSqliteFile(file)
  const db = ownTables(kysely, place)
  return buildStore({ db, dialect: sqlite, place, executor: kyselyExecutor(db, sqlite), close })
}

async function connectPglite(folder: string, options: ConnectOptions): Promise<AuthStore> {
  const place = placeOf(options)
  const name = '@electric-sql/pglite'
  const { PGlite } = await installed(name, () => import('@electric-sql/pglite'))
  const inMemory = folder === '' || folder === ':memory:'
  const unlock = inMemory ? () => {} : await lockFolder(folder)
  const pglite = inMemory ? new PGlite() : new PGlite(folder)
  const db = ownTables(new Kysely({ dialect: new PGliteDialect({ pglite }) }), place)
  return buildStore({
    db,
    dialect: postgres,
    place,
    executor: kyselyExecutor(db, postgres),
    async close() {
      await pglite.close()
      unlock()
    }
  })
}

/** Drivers are the host's to install, and only the one that is named. */
async function installed<Driver>(name: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing || !error.message.includes(`'${name}'`)) throw error
    throw new OptionsError(`storage: expected the package ${name} for such a URL, run \`npm install ${name}\``)
  }
}
