/**
 * F2, IN8: a sign-in that proved an old password, or began before "end all", must not outlive it. On PostgreSQL.
 *
 * Seen to fail with each of these broken, one at a time: the comparison of `session_epoch` where a session opens (all 300
 * survive); `FOR SHARE` in the same statement; the move of the epoch in "end all", or its place before the sessions are
 * ended; the memory of ended sessions, for the access tokens.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type Answer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase } from '../support/databases.ts'
import { whileWatching } from '../support/statements.ts'

const RACES = 300
const CREDENTIAL = /password_hash.*from "auth_users"/s
const OPENING = /insert into "auth_sessions"/

type Ending = (app: FastifyInstance, userId: string) => Promise<unknown>

const endings: Readonly<Record<string, Ending>> = {
  'sessions.endAll': (app, userId) => app.auth.sessions.endAll(userId),
  'users.setPassword': (app, userId) => app.auth.users.setPassword(userId, `another passphrase ${Math.random()}`),
  'users.disable': (app, userId) => app.auth.users.disable(userId)
}

const start = async (t: Test) =>
  startApp(t, {
    storage: await postgresDatabase(t),
    // A hash that takes about a millisecond, the time in which the other side comes in.
    password: { argon2: { memoryCost: 1024, timeCost: 1 }, hashing: { concurrency: 2, queue: 100 } }
  })

/** What still works of a sign-in that must be over: nothing, when all is well. */
async function survivorsOf(app: FastifyInstance, answer: Answer): Promise<string[]> {
  if (answer.status === 503) return answer.body.code === 'AUTH_UNAVAILABLE' ? [] : [answer.text]
  if (answer.status !== 200) return [answer.text]
  const { refreshToken, accessToken } = answer.body
  const refreshed = await post(app, '/auth/refresh', { refreshToken: String(refreshToken) })
  const guarded = await get(app, '/protected', String(accessToken))
  return [
    ...(refreshed.body.code === 'AUTH_SESSION_ENDED' ? [] : [`a refresh token: ${refreshed.text}`]),
    ...(guarded.body.code === 'AUTH_SESSION_ENDED' ? [] : [`an access token: ${guarded.text}`])
  ]
}

for (const [name, end] of Object.entries(endings)) {
  t.test(`F2 of ${RACES} sign-ins in flight while ${name} runs, none survives it`, async (t) => {
    const app = await start(t)
    const survivors: string[] = []
    const statuses: Record<number, number> = {}
    for (let race = 0; race < RACES; race += 1) {
      const email = freshEmail()
      const { user } = await signUp(app, { email })
      const read = signal()
      const watcher = {
        // What this statement answers is what the sign-in believes.
        answered: (sql: string) => CREDENTIAL.test(sql) && read.resolve(),
        sending: (sql: string) => OPENING.test(sql) && sometimesWait()
      }
      const answer = await whileWatching(watcher, async () => {
        const login = post(app, '/auth/login', { email, password: PASSWORD })
        await read.promise
        await sometimesWait()
        await end(app, user.id)
        return login
      })
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      survivors.push(...(await survivorsOf(app, answer)))
    }
    t.same(survivors, [])
    t.ok(statuses[200] && statuses[503], `the race went both ways: ${JSON.stringify(statuses)}`)
  })

  t.test(`F2 a sign-in held up between its password and its session does not survive ${name}`, async (t) => {
    const app = await start(t)
    const email = freshEmail()
    const { user } = await signUp(app, { email })
    const reached = signal()
    const ended = signal()
    const answer = await whileWatching(
      {
        sending(sql) {
          if (!OPENING.test(sql)) return undefined
          reached.resolve()
          return ended.promise
        }
      },
      async () => {
        const login = post(app, '/auth/login', { email, password: PASSWORD })
        await reached.promise
        await end(app, user.id)
        ended.resolve()
        return login
      }
    )
    t.equal(answer.status, 503)
    t.match(answer.body, { code: 'AUTH_UNAVAILABLE' })
    t.equal(answer.headers['retry-after'], '1', 'the password may be right, so it is worth another try')
  })
}

t.test('SE5 a deleted user cannot finish signing in', async (t) => {
  const app = await start(t)
  const email = freshEmail()
  const { user } = await signUp(app, { email })
  let deleted: Promise<void> | undefined
  const answer = await whileWatching(
    {
      sending(sql) {
        if (!OPENING.test(sql)) return undefined
        deleted ??= app.auth.users.delete(user.id)
        return deleted
      }
    },
    () => post(app, '/auth/login', { email, password: PASSWORD })
  )
  t.equal(answer.status, 503)
  t.equal((await post(app, '/auth/login', { email, password: PASSWORD })).status, 401)
})

/** So that now one side comes first and now the other. */
async function sometimesWait(): Promise<void> {
  if (Math.random() < 0.5) await sleep(Math.random() * 3)
}

function signal(): { readonly promise: Promise<void>; resolve(): void } {
  return Promise.withResolvers<void>()
}
