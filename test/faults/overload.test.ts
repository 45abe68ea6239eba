/** F7: a flood of sign-ins takes the places that there are, and nothing from anybody else. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Answer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'

const FLOOD = 300

const codes = (answers: readonly Answer[]) =>
  new Set(answers.map(({ status, body }) => [status, body.code].filter(Boolean).join(' ')))

for (const [name, storage] of [
  ['SQLite', sqliteFile],
  ['PostgreSQL', postgresDatabase]
] as const) {
  t.test(`F7 ${FLOOD} sign-ins at once on ${name}`, async (t) => {
    // The gate as it is by default.
    const app = await startApp(t, { storage: await storage(t), password: undefined })
    const email = freshEmail()
    const { accessToken, refreshToken } = await signUp(app, { email })

    let flooding = true
    const flood = Promise.all(
      Array.from({ length: FLOOD }, (_, number) =>
        post(app, '/auth/login', { email: number % 2 ? email : freshEmail(), password: PASSWORD })
      )
    ).finally(() => {
      flooding = false
    })

    const meanwhile: Record<'protected' | 'refreshed', Answer[]> = { protected: [], refreshed: [] }
    let token = refreshToken
    while (flooding) {
      meanwhile.protected.push(await get(app, '/protected', accessToken))
      const refreshed = await post(app, '/auth/refresh', { refreshToken: token })
      if (refreshed.status === 200) token = String(refreshed.body.refreshToken)
      meanwhile.refreshed.push(refreshed)
      await sleep(1)
    }

    const answers = await flood
    t.same([...codes(answers)].sort(), ['200', '401 AUTH_CREDENTIALS_INVALID', '503 AUTH_OVERLOADED'])
    const shed = answers.filter(({ status }) => status === 503)
    t.comment(`${FLOOD - shed.length} served, ${shed.length} told to come back`)
    t.ok(shed.length > FLOOD / 2, 'the excess is refused, not queued')
    const seconds = shed.map(({ headers }) => Number(headers['retry-after']))
    t.ok(
      seconds.every((value) => Number.isInteger(value) && value >= 1 && value <= 5),
      'and told when to come back'
    )
    t.ok(new Set(seconds).size > 1, 'not all at the same time')

    t.comment(`${meanwhile.protected.length} rounds of other requests meanwhile`)
    t.ok(meanwhile.protected.length > 5, 'other requests are answered all the while')
    t.same([...codes(meanwhile.protected)], ['200'], 'guards')
    t.same([...codes(meanwhile.refreshed)], ['200'], 'refreshes, which no sign-in can crowd out')
    t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 200, 'and then sign-ins again')
  })
}

t.test('6.2 who is shed learns nothing: neither the account nor its password makes a difference', async (t) => {
  const app = await startApp(t, { password: { hashing: { concurrency: 1, queue: 0 } } })
  const email = freshEmail()
  await signUp(app, { email })
  const busy = post(app, '/auth/login', { email, password: PASSWORD })
  await sleep(0)
  const answers = await Promise.all([
    post(app, '/auth/login', { email, password: PASSWORD }),
    post(app, '/auth/login', { email, password: 'not the password' }),
    post(app, '/auth/login', { email: freshEmail(), password: PASSWORD })
  ])
  t.equal((await busy).status, 200)
  t.same([...codes(answers)], ['503 AUTH_OVERLOADED'])
  t.equal(new Set(answers.map(({ text }) => text)).size, 1)
})
