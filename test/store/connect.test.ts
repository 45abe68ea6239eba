import { Kysely, MysqlDialect } from 'kysely'
import t from 'tap'
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import { type AuthStore, StoreUnavailableError } from '../../src/store/index.ts'
import { pgliteFolder, postgresDatabase, sqliteFile } from '../support/databases.ts'
import { storeProcess } from './store-process-start.ts'

const connect = (url: string): Promise<AuthStore> =>
  connectStore(url, { postgres: { prepare: true, listen: true }, log: { error: () => {} } })

t.test('a URL of no database that ships is refused in a sentence that does not repeat it', async (t) => {
  for (const url of ['mysql://me:hunter2@host/db', 'mongodb://me:hunter2@host/db', 'hunter2', '']) {
    await t.rejects(connect(url), {
      code: 'AUTH_OPTIONS_INVALID',
      message: /^storage: expected a URL that starts with/
    })
    await t.rejects(connect(url), { message: /^(?!.*hunter2)/ })
  }
})

t.test('a PostgreSQL URL that cannot be parsed is refused without its password', async (t) => {
  const error = await connect('postgres://me:hun#ter2@host/db').catch((error: unknown) => error)
  t.match(error, { code: 'AUTH_OPTIONS_INVALID', message: /%-encoding/ })
  t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /ter2/)
})

t.test("a host's Kysely of a database that does not ship is refused", async (t) => {
  const host = new Kysely({ dialect: new MysqlDialect({ pool: async () => t.fail('is not asked') as never }) })
  t.throws(() => kyselyStore(host), { code: 'AUTH_OPTIONS_INVALID', message: /received one of MySQL, which comes/ })
})

t.test('a server that is not there is storage that does not answer', async (t) => {
  const store = await connect('postgres://me@127.0.0.1:1/db')
  t.teardown(() => store.close())
  await t.rejects(store.open({ migrate: true }), StoreUnavailableError)
  await t.rejects(store.users.find('00000000-0000-7000-8000-000000000000'), StoreUnavailableError)
})

t.test('a closed store is storage that does not answer', async (t) => {
  const urls = { PostgreSQL: await postgresDatabase(t), SQLite: sqliteFile(t), PGlite: await pgliteFolder(t) }
  for (const [name, url] of Object.entries(urls)) {
    const store = await connect(url)
    await store.open({ migrate: true })
    await store.close()
    await t.rejects(store.users.find('00000000-0000-7000-8000-000000000000'), StoreUnavailableError, name)
  }
})

t.test('what was written is there after closing and opening again', async (t) => {
  for (const url of [sqliteFile(t), await pgliteFolder(t)]) {
    const email = 'ada@example.test'
    const id = '0190a000-0000-7000-8000-000000000001'
    await withStore(url, ({ users }) => users.create({ id, email, username: null, passwordHash: null, fields: {} }))
    await withStore(url, async ({ users }) => t.match(await users.credential({ email }), { outcome: 'found' }))
  }
})

t.test('a PGlite folder is for one process', async (t) => {
  const url = await pgliteFolder(t)
  const store = await connect(url)
  const refusal = /expected a PGlite folder of this process alone/
  await t.rejects(connect(url), { code: 'AUTH_OPTIONS_INVALID', message: refusal }, 'and for one store of it')
  await t.rejects(storeProcess(url), refusal)
  await store.close()
  const other = await storeProcess(url)
  await t.rejects(connect(url), { code: 'AUTH_OPTIONS_INVALID', message: refusal })
  await other.kill()
  await t.resolves(
    withStore(url, async () => {}),
    'a process that was killed does not hold it'
  )
})

async function withStore<T>(url: string, work: (store: AuthStore) => Promise<T>): Promise<T> {
  const store = await connect(url)
  await store.open({ migrate: true })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
