/** F1, F2: many refreshes of one token at once, and refreshes against whatever ends their session. On PostgreSQL. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, get, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'
import { statementsOf } from '../support/statements.ts'

/** Passwords are not what is tested here: the cheapest hash there is. */
const cheap = { argon2: { memoryCost: 8, timeCost: 1 }, hashing: { concurrency: 2, queue: 10_000 } }

const start = (t: Test, storage: string, options: Partial<AuthOptions> = {}) =>
  startApp(t, { storage, password: cheap, ...options })

const refresh = (app: FastifyInstance, refreshToken: string) => post(app, '/auth/refresh', { refreshToken })

/** `count` refreshes at once, dealt out to the apps. */
function atOnce(apps: readonly FastifyInstance[], count: number, refreshToken: string): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, number) => refresh(apps[number % apps.length] as FastifyInstance, refreshToken))
  )
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const name = [status, body.code, body.reason].filter(Boolean).join(' ')
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const tokensOf = (answers: readonly Answer[]) => new Set(answers.map(({ body }) => String(body.refreshToken)))

t.test('F1 of a thousand refreshes of one token at once, all are answered with one successor', async (t) => {
  const app = await start(t, await postgresDatabase(t))
  const { refreshToken } = await signUp(app)
  const answers = await atOnce([app], 1000, refreshToken)
  t.same(tally(answers), { 200: 1000 })
  const [successor, ...others] = tokensOf(answers)
  t.same(others, [])
  t.not(successor, refreshToken)
  t.equal((await refresh(app, String(successor))).status, 200)
})

t.test('F1 of a thousand in ten instances on one database, too: it decides, not an instance', async (t) => {
  const storage = await postgresDatabase(t)
  const apps = await Promise.all(Array.from({ length: 10 }, () => start(t, storage)))
  const { refreshToken } = await signUp(apps[0] as FastifyInstance)
  let answers: Answer[] = []
  const statements = await statementsOf(async () => {
    answers = await atOnce(apps, 1000, refreshToken)
  })
  t.same(tally(answers), { 200: 1000 })
  t.equal(tokensOf(answers).size, 1)
  t.ok(statements.length >= apps.length, `each of them asked: ${statements.length} statements`)
  t.match(await runSql(storage, 'select generation, ended_at from auth_sessions'), [{ generation: 1, ended_at: null }])
})

t.test('F1 without a grace one succeeds, and its session is over', async (t) => {
  const storage = await postgresDatabase(t)
  const strict = { refreshToken: { grace: '0s' } }
  const apps = await Promise.all([start(t, storage, strict), start(t, storage, strict)])
  let reuses = 0
  for (const app of apps) app.auth.events.on('refresh-reused', () => reuses++)

  for (const [count, name] of [
    [100, 'as many as have room'],
    [1000, 'more than have room: the excess is told to come back']
  ] as const) {
    reuses = 0
    const { refreshToken, accessToken } = await signUp(apps[0] as FastifyInstance)
    const answers = await atOnce(apps, count, refreshToken)
    const { 200: successes, '401 AUTH_SESSION_ENDED reuse': refusals = 0, ...others } = tally(answers)
    t.equal(successes, 1, name)
    t.ok(refusals > 0)
    t.equal(reuses, 1, 'it is told once')
    t.same(
      Object.keys(others).filter((outcome) => outcome !== '503 AUTH_UNAVAILABLE'),
      []
    )
    if (count === 100) t.same(others, {})

    const successor = answers.find(({ status }) => status === 200)?.body
    for (const app of apps) {
      t.match((await refresh(app, String(successor?.refreshToken))).body, {
        code: 'AUTH_SESSION_ENDED',
        reason: 'reuse'
      })
    }
    const guards = await Promise.all(apps.map((app) => get(app, '/protected', accessToken)))
    t.ok(
      guards.some(({ body }) => body.code === 'AUTH_SESSION_ENDED'),
      'where it was noticed, access ends with it'
    )
  }
})

t.test('RT1 one reuse among refreshes in the grace ends the session for all of them', async (t) => {
  const storage = await postgresDatabase(t)
  const app = await start(t, storage)
  for (let race = 0; race < 20; race += 1) {
    const { refreshToken: first } = await signUp(app)
    const second = String((await refresh(app, first)).body.refreshToken)
    const third = String((await refresh(app, second)).body.refreshToken)
    const answers = await Promise.all([refresh(app, third), refresh(app, first), refresh(app, second)])
    t.equal(answers[1]?.status, 401)
    for (const token of [first, second, third, ...tokensOf(answers.filter(({ status }) => status === 200))]) {
      t.match((await refresh(app, token)).body, { code: 'AUTH_SESSION_ENDED', reason: 'reuse' })
    }
  }
})

for (const [name, end] of Object.entries<
  (app: FastifyInstance, userId: string, refreshToken: string) => Promise<unknown>
>({
  logout: (app, _, refreshToken) => post(app, '/auth/logout', { refreshToken }),
  'end all': (app, userId) => app.auth.sessions.endAll(userId)
})) {
  t.test(`F2, RT5 of 300 refreshes against ${name}, nothing of the session survives`, async (t) => {
    const app = await start(t, await postgresDatabase(t))
    const survivors: string[] = []
    let refreshed = 0
    for (let pair = 0; pair < 300; pair += 1) {
      const { user, accessToken, refreshToken } = await signUp(app)
      const [answer] = await Promise.all([
        sometimesLater(() => refresh(app, refreshToken)),
        sometimesLater(() => end(app, user.id, refreshToken))
      ])
      if (![200, 401].includes(answer.status)) survivors.push(`the refresh was answered ${answer.text}`)
      if (answer.status === 200) refreshed += 1
      const successor = answer.status === 200 ? answer.body : { refreshToken, accessToken }
      for (const token of [refreshToken, String(successor.refreshToken)]) {
        if ((await refresh(app, token)).body.code !== 'AUTH_SESSION_ENDED')
          survivors.push(`pair ${pair}: a refresh token`)
      }
      for (const token of [accessToken, String(successor.accessToken)]) {
        if ((await get(app, '/protected', token)).status !== 401) survivors.push(`pair ${pair}: an access token`)
      }
    }
    t.same(survivors, [])
    t.ok(refreshed > 0 && refreshed < 300, `the race went both ways: ${refreshed} refreshes came first`)
  })
}

/** So that now one comes first and now the other. */
async function sometimesLater<T>(work: () => Promise<T>): Promise<T> {
  if (Math.random() < 0.5) await sleep(Math.random() * 2)
  return work()
}
