/** Through a pooler that gives a connection per transaction, LISTEN succeeds and hears nothing: the bound holds all the same. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { findPgbouncer, pooled } from '../support/pgbouncer.ts'
import { OPTIONS, startInstance, until } from './instances.ts'

const pgbouncer = findPgbouncer()
const skip =
  pgbouncer === undefined && 'left out: there is no PgBouncer here (`apt install pgbouncer`, or set PGBOUNCER_PATH)'

t.test('processes behind PgBouncer and one beside it', { skip }, async (t) => {
  const direct = await postgresDatabase(t)
  const storage = await pooled(t, String(pgbouncer), direct)
  const postgres = { prepare: false }
  const here = await startApp(t, { ...OPTIONS, storage, postgres })
  const beside = await startApp(t, { ...OPTIONS, storage: direct })
  const there = await startInstance(t, { storage, postgres })
  const listens = await startInstance(t, { storage: direct })

  for (const [name, from, to] of [
    ['behind it, to another behind it', here, there],
    ['behind it, to one beside it', here, listens],
    ['beside it, to one behind it', beside, there]
  ] as const) {
    t.test(`a sign-out is known: ${name}`, async (t) => {
      for (let time = 0; time < 3; time += 1) {
        const { accessToken, refreshToken } = await signUp(from)
        t.equal((await to.get('/protected', accessToken)).status, 200)
        t.equal((await post(from, '/auth/logout', { refreshToken })).status, 204)
        const took = await until(async () => (await to.get('/protected', accessToken)).status === 401)
        t.ok(Number.isFinite(took), `after ${took.toFixed(0)} ms`)
      }
    })
  }

  t.test('many clients share its few connections, and get their own answers', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 50 }, () => signUp(here)))
    const answers = await Promise.all(sessions.map(({ refreshToken }) => post(here, '/auth/refresh', { refreshToken })))
    for (const [place, { status, body }] of answers.entries())
      t.match([status, body.user], [200, sessions[place]?.user])
  })

  t.test('a process at rest asks little', async (t) => {
    await there.statements()
    const begin = performance.now()
    await sleep(2000)
    const asked = await there.statements()
    t.ok(asked.length <= (4 * (performance.now() - begin)) / 1000, asked.join('\n'))
    t.ok(asked.length >= 1, 'it does look')
  })
})
