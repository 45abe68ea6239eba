/** What a process does about looks that fail, wait or come too early. One at a time: what is done to statements is done to all. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { get, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { isBackground, whileWatching } from '../support/statements.ts'
import { OPTIONS, until } from './instances.ts'

t.test('a process is not ready before it knows what ended', async (t) => {
  const storage = await postgresDatabase(t)
  const here = await startApp(t, { ...OPTIONS, storage })
  const session = await signUp(here)
  await post(here, '/auth/logout', { refreshToken: session.refreshToken })
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const hold = {
    sending(sql: string) {
      if (!sql.startsWith('select "sid"')) return
      asked.resolve()
      return released.promise
    }
  }
  await whileWatching(hold, async () => {
    const starting = startApp(t, { ...OPTIONS, storage })
    await asked.promise
    t.equal(await Promise.race([starting, sleep(1500, 'it waits')]), 'it waits')
    released.resolve()
    t.equal((await get(await starting, '/protected', session.accessToken)).status, 401)
  })
})

t.test('a process that cannot learn what ended does not start, whenever it finds out', async (t) => {
  const storage = await postgresDatabase(t)
  await startApp(t, { ...OPTIONS, storage })
  for (const delay of [0, 1, 5, 20, 100]) {
    const cut = {
      async sending(sql: string) {
        if (!sql.startsWith('select "sid"')) return
        await sleep(delay)
        throw new Error('cut')
      }
    }
    await whileWatching(cut, async () => {
      const boots = Array.from({ length: 5 }, () => startApp(t, { ...OPTIONS, storage }))
      for (const { status } of await Promise.allSettled(boots)) t.equal(status, 'rejected')
    })
  }
})

t.test('looks fail while the database answers: each request asks it, until they do not fail', async (t) => {
  const storage = await postgresDatabase(t)
  const [here, there] = [await startApp(t, { ...OPTIONS, storage }), await startApp(t, { ...OPTIONS, storage })]
  const [leaving, staying] = [await signUp(here), await signUp(here)]
  t.equal((await get(there, '/protected', leaving.accessToken)).status, 200)

  const asked: string[] = []
  const cut = {
    sending(sql: string) {
      if (sql.startsWith('select "sid"')) throw new Error('cut')
      if (!isBackground(sql)) asked.push(sql)
    }
  }
  await whileWatching(cut, async () => {
    await post(here, '/auth/logout', { refreshToken: leaving.refreshToken })
    const took = await until(async () => (await get(there, '/protected', leaving.accessToken)).status === 401)
    t.ok(Number.isFinite(took), `signed out while the looks fail: after ${took.toFixed(0)} ms`)
    t.match((await get(there, '/auth/verify', leaving.accessToken)).body, { reason: 'logout' })
    asked.length = 0
    for (let time = 0; time < 5; time += 1) t.equal((await get(there, '/protected', staying.accessToken)).status, 200)
    t.equal(asked.length, 5, 'one statement a request')
  })

  const quiet = async () => {
    const sent: string[] = []
    await whileWatching({ sending: (sql) => void (isBackground(sql) || sent.push(sql)) }, () =>
      get(there, '/protected', staying.accessToken)
    )
    return sent.length === 0
  }
  t.ok(Number.isFinite(await until(quiet)), 'and then none')
})

t.test('what ends while a process begins to listen is not missed', async (t) => {
  const storage = await postgresDatabase(t)
  const here = await startApp(t, { ...OPTIONS, storage, postgres: { listen: false } })
  const session = await signUp(here)
  const begins = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const slow = {
    sending(sql: string) {
      if (!sql.startsWith('listen ')) return
      begins.resolve()
      return goesOn.promise
    },
    // So that a process hears its hello before it knows that it was said.
    answered: (sql: string) => (sql.startsWith('select pg_notify') ? sleep(100) : undefined)
  }
  await whileWatching(slow, async () => {
    const there = await startApp(t, { ...OPTIONS, storage })
    await begins.promise
    await post(here, '/auth/logout', { refreshToken: session.refreshToken })
    goesOn.resolve()
    const took = await until(async () => (await get(there, '/protected', session.accessToken)).status === 401)
    t.ok(Number.isFinite(took), `after ${took.toFixed(0)} ms`)
  })
})
