/** The list of one's own sessions, what ends them, and what their holders are told. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { AuthOptions, SessionAnswer } from '../../src/index.ts'
import { type Answer, bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'

interface View {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly expiresAt: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly device: string | null
}

const DAY = 24 * 3600 * 1000

const agents: Readonly<Record<string, string | null>> = {
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0': 'Firefox on Windows',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36':
    'Chrome on macOS',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0':
    'Microsoft Edge on Windows',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1':
    'Safari on iOS',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36':
    'Chrome on Android',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0': 'Firefox on Linux',
  'curl/8.5.0': null,
  'okhttp/4.12.0': null,
  unknown: null,
  ' ': null,
  '': null
}

const signIn = async (app: FastifyInstance, email: string, userAgent?: string): Promise<SessionAnswer> => {
  const headers = userAgent === undefined ? {} : { 'user-agent': userAgent }
  const answer = await post(app, '/auth/login', { email, password: PASSWORD }, headers)
  if (answer.status !== 200) throw new Error(`sign-in was answered ${answer.status}: ${answer.text}`)
  return answer.body as unknown as SessionAnswer
}

const listOf = async (app: FastifyInstance, { accessToken }: { readonly accessToken: string }): Promise<View[]> =>
  (await get(app, '/auth/sessions', accessToken)).body.sessions as View[]

const end = (app: FastifyInstance, url: string, { accessToken }: { readonly accessToken: string }): Promise<Answer> =>
  call(app, { method: 'DELETE', url, headers: bearer(accessToken) })

const refresh = (app: FastifyInstance, { refreshToken }: { readonly refreshToken: string }): Promise<Answer> =>
  post(app, '/auth/refresh', { refreshToken })

const tells = async (
  t: Test,
  app: FastifyInstance,
  session: { readonly accessToken: string; readonly refreshToken: string },
  reason: string
): Promise<void> => {
  const ended = { statusCode: 401, code: 'AUTH_SESSION_ENDED', reason }
  t.match((await refresh(app, session)).body, ended, `${reason}: the refresh is told`)
  t.match((await get(app, '/auth/verify', session.accessToken)).body, ended, `${reason}: the guard tells`)
  t.match((await get(app, '/protected', session.accessToken)).body, { code: ended.code }, `${reason}: the host's too`)
}

for (const { name, storage } of eachDatabase) {
  t.test(`sessions on ${name}`, async (t) => {
    let now = Date.UTC(2030, 0, 1)
    const start = async (options: Partial<AuthOptions> = {}) =>
      startApp(t, { storage: await storage(t), password: CHEAP, clock: () => new Date(now), ...options })
    const app = await start()

    t.test('are listed with what a person knows them by, the last used first', async (t) => {
      const email = freshEmail()
      const began = new Date(now).toISOString()
      const first = await signUp(app, { email })
      now += 60_000
      const second = await signIn(app, email, Object.keys(agents)[0])
      const list = await listOf(app, second)
      t.same(list, [
        {
          id: list[0]?.id,
          current: true,
          createdAt: new Date(now).toISOString(),
          lastUsedAt: new Date(now).toISOString(),
          expiresAt: new Date(now + 7 * DAY).toISOString(),
          ip: '127.0.0.1',
          userAgent: Object.keys(agents)[0],
          device: 'Firefox on Windows'
        },
        {
          id: list[1]?.id,
          current: false,
          createdAt: began,
          lastUsedAt: began,
          expiresAt: new Date(now - 60_000 + 7 * DAY).toISOString(),
          ip: '127.0.0.1',
          userAgent: 'lightMyRequest',
          device: null
        }
      ])
      t.equal((await get(app, '/protected', second.accessToken)).body.sessionId, list[0]?.id)
      t.same((await app.auth.sessions.list(first.user.id, list[0]?.id)).sessions, list, 'from code too')

      now += 60_000
      const again = (await refresh(app, first)).body as unknown as SessionAnswer
      const [moved] = await listOf(app, again)
      t.match(moved, {
        id: list[1]?.id,
        current: true,
        createdAt: began,
        lastUsedAt: new Date(now).toISOString(),
        expiresAt: new Date(now + 7 * DAY).toISOString()
      })
      await refresh(app, first)
      now += 1000
      await refresh(app, first)
      t.equal((await listOf(app, again))[0]?.lastUsedAt, moved?.lastUsedAt, 'a retry within the grace moves nothing')
    })

    t.test('have the names of their devices', async (t) => {
      const email = freshEmail()
      const { accessToken } = await signUp(app, { email })
      for (const [agent, device] of Object.entries(agents)) {
        now += 1
        await signIn(app, email, agent)
        const [latest] = await listOf(app, { accessToken })
        t.match([latest?.userAgent, latest?.device], [agent, device])
      }
    })

    t.test('end one by one, and then are not there', async (t) => {
      const email = freshEmail()
      const here = await signUp(app, { email })
      const there = await signIn(app, email)
      const id = (await listOf(app, here)).find(({ current }) => !current)?.id
      const answer = await end(app, `/auth/sessions/${id}`, here)
      t.match([answer.status, answer.text], [204, ''])
      await tells(t, app, there, 'logout')
      t.match(await listOf(app, here), [{ current: true }])
      t.equal((await listOf(app, here)).length, 1)
      t.equal((await end(app, `/auth/sessions/${id}`, here)).status, 404)

      const own = (await listOf(app, here))[0]?.id.toUpperCase()
      t.equal((await end(app, `/auth/sessions/${own}`, here)).status, 204, 'the own one too')
      await tells(t, app, here, 'logout')
    })

    t.test('end but for this one', async (t) => {
      const email = freshEmail()
      const here = await signUp(app, { email })
      const others = [await signIn(app, email), await signIn(app, email)]
      const stranger = await signUp(app)
      t.equal((await end(app, '/auth/sessions', here)).status, 204)
      for (const other of others) await tells(t, app, other, 'logout')
      t.match(await listOf(app, here), [{ current: true }])
      t.equal((await refresh(app, here)).status, 200)
      t.equal((await refresh(app, stranger)).status, 200)
      t.equal((await end(app, '/auth/sessions', here)).status, 204, 'twice is fine')
    })

    t.test('SE1 are over at their limits, and not before', async (t) => {
      const atLimit = async (limit: number, touch: (session: SessionAnswer) => Promise<SessionAnswer>) => {
        for (const [seconds, alive] of [
          [-1, true],
          [1, false]
        ] as const) {
          const began = now
          const email = freshEmail()
          const session = await touch(await signUp(app, { email }))
          now = began + limit + seconds * 1000
          const witness = await signIn(app, email)
          const name = `${seconds} s`
          t.equal((await listOf(app, witness)).length, alive ? 2 : 1, `listed, ${name}`)
          const { status, body } = await refresh(app, session)
          t.match([status, body.reason], alive ? [200, undefined] : [401, 'expired'], name)
        }
      }
      await atLimit(7 * DAY, async (session) => session)
      await atLimit(30 * DAY, async (session) => {
        let latest = session
        for (let time = 0; time < 5; time += 1) {
          now += 6 * DAY - 3600_000
          latest = (await refresh(app, latest)).body as unknown as SessionAnswer
        }
        return latest
      })
    })

    t.test('of more than may live, the oldest ends', async (t) => {
      const limited = await start({ sessions: { max: 2 } })
      const email = freshEmail()
      const first = await signUp(limited, { email })
      now += 1000
      const second = await signIn(limited, email)
      now += 1000
      await refresh(limited, first)
      const third = await signIn(limited, email)
      await tells(t, limited, first, 'limit')
      t.equal((await listOf(limited, third)).length, 2)
      t.equal((await refresh(limited, second)).status, 200)
      t.equal((await post(limited, '/auth/logout', second)).status, 400, 'a body with more than its token')
      t.equal((await post(limited, '/auth/logout', { refreshToken: second.refreshToken })).status, 204)
      await signIn(limited, email)
      t.equal((await refresh(limited, third)).status, 200, 'those that have ended take no room')
    })

    t.test('tell why they are over', async (t) => {
      const { app, mail } = await startMailApp(t, { storage: await storage(t), clock: () => new Date(now) })
      const pair = async () => {
        const email = freshEmail()
        return { email, here: await signUp(app, { email }), there: await signIn(app, email) }
      }
      const out = await pair()
      await post(app, '/auth/logout-all', {}, bearer(out.here.accessToken))
      for (const session of [out.here, out.there]) await tells(t, app, session, 'logout')

      const reused = await pair()
      await refresh(app, reused.here)
      now += 31_000
      await tells(t, app, reused.here, 'reuse')
      t.equal((await refresh(app, reused.there)).status, 200)

      const changed = await pair()
      const passwords = { currentPassword: PASSWORD, newPassword: 'another good passphrase' }
      const fresh = await post(app, '/auth/change-password', passwords, bearer(changed.here.accessToken))
      for (const session of [changed.here, changed.there]) await tells(t, app, session, 'password-changed')
      t.equal((await listOf(app, fresh.body as unknown as SessionAnswer)).length, 1)

      const set = await pair()
      await app.auth.users.setPassword(set.here.user.id, 'a password of the host')
      await tells(t, app, set.here, 'password-changed')

      const ended = await pair()
      await app.auth.sessions.endAll(ended.here.user.id)
      await tells(t, app, ended.here, 'admin')

      const disabled = await pair()
      await app.auth.users.disable(disabled.here.user.id)
      await tells(t, app, disabled.here, 'disabled')

      const moved = await pair()
      const newEmail = freshEmail()
      await post(app, '/auth/change-email', { newEmail, password: PASSWORD }, bearer(moved.here.accessToken))
      t.equal((await click(app, await mail.next(newEmail))).status, 200)
      await tells(t, app, moved.there, 'email-changed')
      t.equal((await refresh(app, moved.here)).status, 200)

      const gone = await pair()
      await app.auth.users.delete(gone.here.user.id)
      const deleted = { code: 'AUTH_SESSION_ENDED', reason: 'deleted' }
      t.match((await get(app, '/auth/verify', gone.there.accessToken)).body, deleted)
      t.match((await refresh(app, gone.there)).body, { code: 'AUTH_REFRESH_TOKEN_INVALID' }, 'nothing of it is left')
    })
  })
}

t.test('a list needs an access token, and so does ending', async (t) => {
  const app = await startApp(t)
  for (const [method, url] of [
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/01980000-0000-7000-8000-000000000000']
  ] as const) {
    t.match((await call(app, { method, url })).body, { statusCode: 401, code: 'AUTH_ACCESS_TOKEN_MISSING' })
  }
})
