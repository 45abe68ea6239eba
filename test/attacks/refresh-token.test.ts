/** The states of a refresh token, each met through HTTP, and what forged ones may do: nothing, at no cost. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { call, get, post, SECRET, signUp, startApp } from '../support/app.ts'
import { eachDatabase, postgresDatabase } from '../support/databases.ts'
import { runSql } from '../support/rows.ts'
import { statementsOf } from '../support/statements.ts'

const INVALID = 'AUTH_REFRESH_TOKEN_INVALID'
const DAY = 86_400

let now = Date.parse('2030-01-01T00:00:00.000Z')
const wait = (seconds: number) => {
  now += seconds * 1000
}

/** Where the bytes of a token begin, after `rt_`. */
const SESSION = 2

const start = (t: Test, options: Partial<AuthOptions>) => startApp(t, { clock: () => new Date(now), ...options })

/** The successor, or what the refusal says. */
async function refresh(app: FastifyInstance, refreshToken: string): Promise<string> {
  const { status, body } = await post(app, '/auth/refresh', { refreshToken })
  return status === 200 ? String(body.refreshToken) : [body.code, body.reason].filter(Boolean).join(' ')
}

for (const { name, storage } of eachDatabase.filter(({ name }) => name !== 'PGlite')) {
  t.test(`the states of a refresh token on ${name}`, async (t) => {
    const url = await storage(t)
    const app = await start(t, { storage: url })
    const enter = async () => (await signUp(app)).refreshToken

    t.test('RT1 the current one is answered with its successor', async (t) => {
      const first = await enter()
      const second = await refresh(app, first)
      t.match(second, /^rt_[\w-]{94}$/)
      t.not(second, first)
      t.match(await refresh(app, second), /^rt_/)
    })

    t.test(
      'RT1 the one before is answered with the same successor for 30 seconds, and then ends the session',
      async (t) => {
        const first = await enter()
        const second = await refresh(app, first)
        for (const seconds of [0, 29, 1]) {
          wait(seconds)
          t.equal(await refresh(app, first), second)
        }
        const third = await refresh(app, second)
        wait(30)
        t.equal(await refresh(app, second), third)
        wait(1)
        t.equal(await refresh(app, second), 'AUTH_SESSION_ENDED reuse')
      }
    )

    t.test('RT1 an older one ends the session, and every authentic holder hears why', async (t) => {
      const tokens = [await enter()]
      for (let generation = 0; generation < 5; generation += 1) tokens.push(await refresh(app, tokens.at(-1) ?? ''))
      t.match(await refresh(app, tokens[4] ?? ''), /^rt_/, 'the control: the one before is within its grace')
      t.equal(await refresh(app, tokens[0] ?? ''), 'AUTH_SESSION_ENDED reuse')
      for (const token of tokens) t.equal(await refresh(app, token), 'AUTH_SESSION_ENDED reuse')
    })

    t.test('a successor that the database lost, as in a failover, heals', async (t) => {
      const first = await enter()
      const second = await refresh(app, first)
      const third = await refresh(app, second)
      await runSql(url, `update auth_sessions set generation = 0 where id = '${sessionOf(third)}'`)
      const fourth = await refresh(app, third)
      t.match(fourth, /^rt_/)
      t.equal(await refresh(app, third), fourth)
      t.equal(await refresh(app, first), 'AUTH_SESSION_ENDED reuse')
    })

    t.test('SE1, RT2 it is over when it was idle too long, to the second; a replay moves nothing', async (t) => {
      const [alive, dead, replayed] = [await enter(), await enter(), await enter()]
      await refresh(app, replayed)
      wait(20)
      t.match(await refresh(app, replayed), /^rt_/, 'within the grace')
      wait(7 * DAY - 21)
      t.match(await refresh(app, alive), /^rt_/)
      wait(1)
      t.equal(await refresh(app, dead), 'AUTH_SESSION_ENDED expired')
      t.equal(await refresh(app, replayed), 'AUTH_SESSION_ENDED expired')
    })

    t.test('RT2 it is over at the absolute limit, to the second, however often it was refreshed', async (t) => {
      let token = await enter()
      for (let day = 0; day < 5; day += 1) {
        wait(6 * DAY - 1)
        token = await refresh(app, token)
      }
      wait(4)
      const last = await refresh(app, token)
      t.match(last, /^rt_/)
      wait(1)
      t.equal(await refresh(app, last), 'AUTH_SESSION_ENDED expired')
    })

    t.test('it says why its session ended, to its holder alone', async (t) => {
      const ends: Readonly<Record<string, (userId: string, token: string) => Promise<unknown>>> = {
        logout: (_, refreshToken) => post(app, '/auth/logout', { refreshToken }),
        admin: (id) => app.auth.sessions.endAll(id),
        disabled: (id) => app.auth.users.disable(id),
        'password-changed': (id) => app.auth.users.setPassword(id, 'quite another passphrase')
      }
      for (const [reason, end] of Object.entries(ends)) {
        const { user, refreshToken } = await signUp(app)
        await end(user.id, refreshToken)
        t.equal(await refresh(app, refreshToken), `AUTH_SESSION_ENDED ${reason}`)
        await runSql(url, `update auth_sessions set secret_digest = 'another' where id = '${sessionOf(refreshToken)}'`)
        t.equal(await refresh(app, refreshToken), INVALID, 'the secret is not the one of this session')
      }
      const { user, refreshToken } = await signUp(app)
      await app.auth.users.delete(user.id)
      t.equal(await refresh(app, refreshToken), INVALID, 'nothing is left to say')
    })

    t.test('RT5 an older epoch is over, though its own row does not say so', async (t) => {
      const { user, refreshToken } = await signUp(app)
      await runSql(url, `update auth_users set session_epoch = session_epoch + 1 where id = '${user.id}'`)
      t.equal(await refresh(app, refreshToken), 'AUTH_SESSION_ENDED admin')
    })

    t.test('grace 0 is strict; rotate: false keeps one token, within the same limits', async (t) => {
      const strict = await start(t, { storage: url, refreshToken: { grace: '0s' } })
      const first = await enter()
      const second = await refresh(strict, first)
      t.equal(await refresh(strict, first), 'AUTH_SESSION_ENDED reuse')
      t.equal(await refresh(strict, second), 'AUTH_SESSION_ENDED reuse')

      const still = await start(t, { storage: url, refreshToken: { rotate: false } })
      const token = await enter()
      for (let day = 0; day < 5; day += 1) {
        t.equal(await refresh(still, token), token)
        wait(6 * DAY - 1)
      }
      t.equal(await refresh(still, token), token)
      wait(5)
      t.equal(await refresh(still, token), 'AUTH_SESSION_ENDED expired')
    })
  })
}

t.test('RT8 a forged token reaches no session and costs no statement', async (t) => {
  const app = await startApp(t, { storage: await postgresDatabase(t) })
  const { refreshToken, accessToken } = await signUp(app)
  const bytes = Buffer.from(refreshToken.slice('rt_'.length), 'base64url')
  // Every byte of it, the session, the generation and the MAC, changed in fifteen ways.
  const forged = [...bytes].flatMap((byte, place) =>
    Array.from({ length: 15 }, (_, number) => Buffer.from(bytes.with(place, byte ^ (1 + 17 * number)))).map(
      (changed) => `rt_${changed.toString('base64url')}`
    )
  )
  t.ok(forged.every((token) => /^rt_[\w-]{94}$/.test(token)))
  t.equal(new Set([...forged, refreshToken]).size, 1 + 70 * 15)

  await app.auth.mail.flush()
  const answers = new Map<string, number>()
  const statements = await statementsOf(async () => {
    for (const token of forged) {
      const answer = await refresh(app, token)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      await post(app, '/auth/logout', { refreshToken: token })
    }
  })
  t.same([...answers], [[INVALID, forged.length]])
  t.same(statements, [])
  t.equal((await get(app, '/protected', accessToken)).status, 200)

  const cost = await statementsOf(async () => t.match(await refresh(app, refreshToken), /^rt_/, 'the session lives'))
  t.equal(cost.length, 1, 'the control: an authentic one costs one statement')
})

t.test('RT8 a token has one spelling', async (t) => {
  const app = await startApp(t)
  const { refreshToken } = await signUp(app)
  const body = refreshToken.slice('rt_'.length)
  const respelt = [
    body,
    `RT_${body}`,
    `rt-${body}`,
    ` ${refreshToken}`,
    `${refreshToken} `,
    `${refreshToken}=`,
    `${refreshToken}==`
  ]
  const standard = Buffer.from(body, 'base64url').toString('base64')
  for (const token of [
    ...respelt,
    `rt_${standard}`,
    `rt_${standard.slice(0, 94)}\n`,
    refreshToken.slice(0, -1),
    `${refreshToken}A`
  ]) {
    t.equal(await refresh(app, token), INVALID, JSON.stringify(token.slice(-8)))
  }
  // Seventy bytes leave four bits unused in the last character.
  for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const token = refreshToken.slice(0, -1) + character
    if (token !== refreshToken) t.equal(await refresh(app, token), INVALID, `ends in ${character}`)
  }
  t.match(await refresh(app, refreshToken), /^rt_/)
})

t.test('RT8 another instance, with another secret, can neither refresh nor end a session', async (t) => {
  const storage = await postgresDatabase(t)
  const { refreshToken } = await signUp(await startApp(t, { storage }))
  const stranger = await startApp(t, { storage, secret: `another ${SECRET}` })
  t.equal(await refresh(stranger, refreshToken), INVALID)
  t.equal((await post(stranger, '/auth/logout', { refreshToken })).status, 204)
  t.match(await refresh(await startApp(t, { storage }), refreshToken), /^rt_/)
})

t.test('RT7 a token in a URL is not read, and no answer with a token is kept', async (t) => {
  const app = await startApp(t)
  const { refreshToken } = await signUp(app)
  for (const name of ['refreshToken', 'refresh_token', 'x-refresh-token', 'token']) {
    const answer = await call(app, { method: 'POST', url: `/auth/refresh?${name}=${refreshToken}` })
    t.equal(answer.body.code, INVALID, name)
  }
  const answer = await post(app, '/auth/refresh', { refreshToken })
  t.equal(answer.status, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
})

function sessionOf(refreshToken: string): string {
  const hex = Buffer.from(refreshToken.slice('rt_'.length), 'base64url').toString('hex', SESSION, SESSION + 16)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
