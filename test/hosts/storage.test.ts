/** Hosts that bring their own storage: a Kysely with plugins of its own, or a store that somebody wrote. */
import { CamelCasePlugin, sql } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import type { AuthStore } from '../../src/index.ts'
import { PASSWORD, signUp } from '../support/app.ts'
import { openHost, storyAlone } from './host.ts'
import { hostDatabases } from './kysely.ts'
import { tellStory } from './story.ts'

for (const { name, open } of hostDatabases) {
  t.test(`a host's Kysely on ${name}: every answer is as it is alone`, async (t) => {
    const storage = await open(t)
    t.same(await tellStory(await openHost(t, (_, register) => register({ storage }))), await storyAlone(t))
  })

  t.test(`a host's Kysely with CamelCasePlugin on ${name}: every answer is as it is alone`, async (t) => {
    const storage = await open(t, [new CamelCasePlugin()])
    const fields = { type: 'object', properties: { first_name: { type: 'string' } } } as const
    const app = await openHost(t, (_, register) => register({ storage, user: { fields } }))
    t.same(await tellStory(app), await storyAlone(t))
    const { user } = await signUp(app, { first_name: 'Bob' })
    t.match(await app.auth.users.get(user.id), { first_name: 'Bob' })
    await sql`select 1`.execute(storage)
  })

  t.test(`a host's Kysely on ${name} is not closed with the app`, async (t) => {
    const storage = await open(t)
    const app = await openHost(t, (_, register) => register({ storage }))
    await app.close()
    t.match((await sql`select 1 as one`.execute(storage)).rows, [{ one: 1 }])
  })
}

t.test('a host that has its own parsers for what PostgreSQL answers', async (t) => {
  const [postgres] = hostDatabases
  const { TIMESTAMPTZ, JSONB, INT4, INT8 } = pg.types.builtins
  const parsers = [TIMESTAMPTZ, JSONB, INT4, INT8].map((type) => [type, pg.types.getTypeParser(type)] as const)
  for (const [type] of parsers) pg.types.setTypeParser(type, (text: string) => text)
  t.teardown(() => {
    for (const [type, parser] of parsers) pg.types.setTypeParser(type, parser as (text: string) => unknown)
  })
  const storage = await postgres?.open(t)
  t.same(await tellStory(await openHost(t, (_, register) => register({ storage }))), await storyAlone(t))
})

t.test('tables with a prefix, in a schema of their own', async (t) => {
  const [postgres] = hostDatabases
  const db = await postgres?.open(t)
  if (db === undefined) return
  const storage = kyselyStore(db, { schema: 'accounts', tablePrefix: 'shop_' })
  t.same(await tellStory(await openHost(t, (_, register) => register({ storage }))), await storyAlone(t))
  const { rows } = await sql<{ name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_name like '%users'`.execute(db)
  t.same(rows, [{ name: 'accounts.shop_users' }])
})

t.test('a store of the host\u2019s own making', async (t) => {
  const asked: string[] = []
  const storage = watched(kyselyStore((await hostDatabases[1]?.open(t)) as never), asked)
  const app = await openHost(t, (_, register) => register({ storage }))
  t.same(await tellStory(app), await storyAlone(t))
  await app.close()
  t.equal(asked[0], 'open')
  t.equal(asked.at(-1), 'close')
  for (const verb of ['users.create', 'users.credential', 'sessions.open', 'sessions.rotate', 'sessions.end']) {
    t.ok(asked.includes(verb), verb)
  }
  t.same([asked.filter((verb) => verb === 'open').length, asked.filter((verb) => verb === 'close').length], [1, 1])
})

t.test('a store without transactions refuses a call that comes with one', async (t) => {
  const { within: _, ...storage } = kyselyStore((await hostDatabases[1]?.open(t)) as never)
  const app = await openHost(t, (_, register) => register({ storage }))
  await t.rejects(app.auth.signup({ email: 'ada@example.com', password: PASSWORD }, { trx: {} }), {
    code: 'AUTH_UNEXPECTED',
    cause: { message: 'This storage has no transactions to work in' }
  })
})

/** The same store, taking down what it was asked. */
function watched(store: AuthStore, asked: string[]): AuthStore {
  const watch = <Shelf extends object>(shelf: Shelf, place: string): Shelf =>
    new Proxy(shelf, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member === 'object' && member !== null) return watch(member, `${String(name)}.`)
        if (typeof member !== 'function') return member
        return (...parameters: unknown[]) => {
          asked.push(place + String(name))
          return member.apply(target, parameters)
        }
      }
    })
  return watch(store, '')
}
