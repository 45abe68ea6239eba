import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import { type Config, isKysely } from '../options.ts'
import type { AuthStore } from '../store/index.ts'

/** Whatever the option `storage` names, as a store. Adapters are loaded when they are asked for. */
export async function openStorage(config: Config, log: FastifyBaseLogger): Promise<AuthStore> {
  const { storage, tablePrefix, postgres } = config
  if (typeof storage === 'string') {
    const { connectStore } = await import('./kysely/connect.ts')
    return connectStore(storage, { postgres, log, tablePrefix })
  }
  if (isKysely(storage)) {
    const { kyselyStore } = await import('./kysely/index.ts')
    return kyselyStore(storage as unknown as Kysely<unknown>, { tablePrefix })
  }
  return storage
}
