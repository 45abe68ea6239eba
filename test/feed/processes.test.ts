/** SE4: what ends in one process is over in all others within the bound, and costs their requests no query. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { AuthOptions, SessionAnswer } from '../../src/index.ts'
import { bearer, freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'

import { ears, type Instance, OPTIONS, startInstance, until } from './instances.ts'

interface Fleet {
  readonly storage: string
  readonly options: Partial<AuthOptions>
  /** In this process. */
  readonly here: FastifyInstance
  readonly there: Instance
}

interface Kind {
  readonly storage: (t: Test) => Promise<string>
  readonly options: Partial<AuthOptions>
}

const kinds = {
  'PostgreSQL, listening': { storage: postgresDatabase, options: {} },
  'PostgreSQL, looking': { storage: postgresDatabase, options: { postgres: { listen: false } } },
  'an SQLite file': { storage: async (t) => sqliteFile(t), options: {} }
} as const satisfies Readonly<Record<string, Kind>>

async function openFleet(t: Test, { storage: make, options }: Kind): Promise<Fleet> {
  const storage = await make(t)
  const here = await startApp(t, { ...OPTIONS, ...options, storage })
  return { storage, options, here, there: await startInstance(t, { ...options, storage }) }
}

const isRefused =
  (there: Instance, { accessToken }: { readonly accessToken: string }) =>
  async () =>
    (await there.get('/protected', accessToken)).status === 401

/** It becomes known there, why too. */
async function becomesKnown(
  t: Test,
  there: Instance,
  session: { readonly accessToken: string },
  reason: string,
  name: string
): Promise<void> {
  const took = await until(isRefused(there, session))
  t.ok(Number.isFinite(took), `${name}: it is refused there`)
  t.comment(`${name}: after ${took.toFixed(0)} ms`)
  t.match((await there.get('/auth/verify', session.accessToken)).body, { code: 'AUTH_SESSION_ENDED', reason })
}

const logout = (app: FastifyInstance, { refreshToken }: SessionAnswer) => post(app, '/auth/logout', { refreshToken })

// They wait more than they work.
t.jobs = 4

for (const [name, kind] of Object.entries(kinds)) {
  t.test(`two processes on ${name}`, { buffered: true }, async (t) => {
    const { here, there, storage, options } = await openFleet(t, kind)

    t.test('what ends here is over there, and nothing else is', async (t) => {
      const endings: Readonly<Record<string, (session: SessionAnswer) => Promise<unknown>>> = {
        logout: (session) => logout(here, session),
        admin: ({ user }) => here.auth.sessions.endAll(user.id),
        disabled: ({ user }) => here.auth.users.disable(user.id),
        deleted: ({ user }) => here.auth.users.delete(user.id),
        'password-changed': ({ user }) => here.auth.users.setPassword(user.id, 'another good passphrase')
      }
      const staying = await signUp(here)
      const ending: [string, SessionAnswer][] = []
      for (const reason of Object.keys(endings)) ending.push([reason, await signUp(here)])
      for (const [reason, session] of ending) {
        t.equal((await there.get('/protected', session.accessToken)).status, 200)
        await endings[reason]?.(session)
      }
      for (const [reason, session] of ending) await becomesKnown(t, there, session, reason, reason)
      t.equal((await there.get('/protected', staying.accessToken)).status, 200)
    })

    t.test('deleting a user hides no session that ended before', async (t) => {
      const session = await signUp(here)
      await logout(here, session)
      await here.auth.users.delete(session.user.id)
      await becomesKnown(t, there, session, 'logout', 'logout and deletion')
    })

    t.test('a process that starts knows at once what ended before', async (t) => {
      const [left, deleted] = [await signUp(here), await signUp(here)]
      await logout(here, left)
      await here.auth.users.delete(deleted.user.id)
      const late = await startInstance(t, { ...options, storage })
      for (const { accessToken } of [left, deleted]) t.equal((await late.get('/protected', accessToken)).status, 401)
    })

    if (name === 'an SQLite file') return

    t.test('requests cost no query meanwhile, and a process at rest asks little', async (t) => {
      const { accessToken } = await signUp(here)
      await there.statements()
      const begin = performance.now()
      let requests = 0
      while (performance.now() - begin < 2000) {
        const answers = await Promise.all(Array.from({ length: 10 }, () => there.get('/protected', accessToken)))
        requests += answers.filter(({ status }) => status === 200).length
      }
      const asked = await there.statements()
      const most = (4 * (performance.now() - begin)) / 1000
      t.ok(requests > 2 * most, `${requests} requests`)
      t.ok(asked.length <= most, `${asked.length} statements: ${asked.join('\n')}`)
    })

    t.test('a commit that comes later than newer ones is not missed', async (t) => {
      const pool = new pg.Pool({ connectionString: storage, max: 1 })
      const host = new Kysely({ dialect: new PostgresDialect({ pool }) })
      const [slow, quick] = [await signUp(here), await signUp(here)]
      await host.transaction().execute(async (trx) => {
        await here.auth.sessions.endAll(slow.user.id, { trx })
        await logout(here, quick)
        await becomesKnown(t, there, quick, 'logout', 'the newer one')
        await sleep(3000)
        t.equal((await there.get('/protected', slow.accessToken)).status, 200, 'it has not ended yet')
      })
      await host.destroy()
      await becomesKnown(t, there, slow, 'admin', 'the older one')
    })
  })
}

t.test('storms of endings', { buffered: true }, async (t) => {
  const { here, there, storage } = await openFleet(t, kinds['PostgreSQL, listening'])
  const looks = async () => (await there.statements()).filter((sql) => sql.startsWith('select "sid"')).length

  t.test('of a thousand sessions at once', async (t) => {
    const email = freshEmail()
    const sessions = [await signUp(here, { email })]
    for (let time = 0; time < 10; time += 1) {
      const signIns = Array.from({ length: 100 }, () => here.auth.login({ email, password: PASSWORD }))
      sessions.push(...(await Promise.all(signIns)))
    }
    await looks()
    await post(here, '/auth/logout-all', {}, bearer(String(sessions[0]?.accessToken)))
    await becomesKnown(t, there, sessions.at(-1) as SessionAnswer, 'logout', `${sessions.length} sessions`)
    const count = await looks()
    t.ok(count <= 3, `${count} looks`)
    const answers = await Promise.all(sessions.map(({ accessToken }) => there.get('/protected', accessToken)))
    t.ok(answers.every(({ status }) => status === 401))
  })

  t.test('of many one by one, again and again', async (t) => {
    for (let round = 0; round < 3; round += 1) {
      const sessions = await Promise.all(Array.from({ length: 150 }, () => signUp(here)))
      await looks()
      await Promise.all(sessions.map((session) => logout(here, session)))
      const refused = await Promise.all(sessions.map((session) => until(isRefused(there, session))))
      t.ok(refused.every(Number.isFinite), `${refused.filter(Number.isFinite).length} of ${refused.length} are known`)
      const count = await looks()
      t.ok(count < sessions.length / 2, `${count} looks`)
    }
    t.equal(await ears(storage), 2, 'and nobody stopped listening')
  })
})

t.test('a process that does not listen tells those that do', { buffered: true }, async (t) => {
  const storage = await postgresDatabase(t)
  const host = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: storage }) }) })
  t.teardown(() => host.destroy())
  const there = await startInstance(t, { storage })
  const silent = {
    'with listen: false': { storage, postgres: { listen: false } },
    "on the host's Kysely": { storage: host }
  }
  for (const [name, options] of Object.entries(silent)) {
    const here = await startApp(t, { ...OPTIONS, ...options })
    const session = await signUp(here)
    // Past whatever look there was when it started.
    await sleep(1500)
    await logout(here, session)
    await becomesKnown(t, there, session, 'logout', name)
  }
})
