/** A process that hears nothing of the others: its answers are right all the same, as far as the database can be asked. */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { post, signUp, startApp } from '../support/app.ts'
import { ownCluster, postgresDatabase } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'

import { EARS, ears, type Instance, OPTIONS, startInstance, until } from './instances.ts'

t.jobs = 4

const openFleet = async (t: Test, storage: string) => ({
  here: await startApp(t, { ...OPTIONS, storage }),
  there: await startInstance(t, { storage })
})

const becomes = async (t: Test, there: Instance, accessToken: string, status: number, name: string) => {
  const took = await until(async () => (await there.get('/protected', accessToken)).status === status)
  t.ok(Number.isFinite(took), `${name}: after ${took.toFixed(0)} ms`)
}

t.test('connections that listen are cut: nothing is missed, and they come back', { buffered: true }, async (t) => {
  const storage = await postgresDatabase(t)
  const { here, there } = await openFleet(t, storage)
  t.ok(Number.isFinite(await until(async () => (await ears(storage)) === 2)))
  for (let time = 0; time < 3; time += 1) {
    const session = await signUp(here)
    await runSql(storage, `select pg_terminate_backend(pid) ${EARS}`)
    await post(here, '/auth/logout', { refreshToken: session.refreshToken })
    await becomes(t, there, session.accessToken, 401, 'signed out just after the cut')
    t.ok(Number.isFinite(await until(async () => (await ears(storage)) === 2)), 'both listen again')
  }
})

t.test(
  'the server dies: tokens stand, what asks it says so, and all is right when it is back',
  { buffered: true },
  async (t) => {
    const cluster = await ownCluster(t)
    const { here, there } = await openFleet(t, cluster.url)
    const [ended, living] = [await signUp(here), await signUp(here)]
    await post(here, '/auth/logout', { refreshToken: ended.refreshToken })
    await becomes(t, there, ended.accessToken, 401, 'signed out before')
    t.equal((await there.get('/fresh', living.accessToken)).status, 200)

    cluster.killNine()
    // Longer than a process believes what it heard.
    for (let time = 0; time < 12; time += 1) {
      t.equal((await there.get('/protected', living.accessToken)).status, 200, 'a token stands')
      t.match(
        (await there.get('/auth/verify', ended.accessToken)).body,
        { reason: 'logout' },
        'what is known stays known'
      )
      await sleep(200)
    }
    const fresh = await there.get('/fresh', living.accessToken)
    t.match(fresh, { status: 503, body: { code: 'AUTH_UNAVAILABLE' } })
    t.ok(Number(fresh.retryAfter) >= 1 && Number(fresh.retryAfter) <= 5, `Retry-After: ${fresh.retryAfter}`)
    t.equal((await there.get('/fresh', ended.accessToken)).status, 401)

    await cluster.restart()
    t.ok(Number.isFinite(await until(async () => (await there.get('/fresh', living.accessToken)).status === 200)))
    const left = async () => (await post(here, '/auth/logout', { refreshToken: living.refreshToken })).status === 204
    t.ok(Number.isFinite(await until(left)))
    await becomes(t, there, living.accessToken, 401, 'signed out after')
    t.ok(Number.isFinite(await until(async () => (await ears(cluster.url)) === 2)), 'both listen again')
  }
)

t.test('a fresh guard asks whatever was heard', { buffered: true }, async (t) => {
  const storage = await postgresDatabase(t)
  const { here, there } = await openFleet(t, storage)
  const session = await signUp(here)
  t.equal((await there.get('/fresh', session.accessToken)).status, 200)
  // Behind the back of both.
  await runSql(
    storage,
    `update auth_sessions set expires_at = now() - interval '1 s' where user_id = '${session.user.id}'`
  )
  t.equal((await there.get('/protected', session.accessToken)).status, 200)
  t.match(await there.get('/fresh', session.accessToken), { status: 401, body: { code: 'AUTH_SESSION_ENDED' } })
  t.equal((await there.get('/protected', session.accessToken)).status, 401, 'and what it heard, it knows')
})
