import t from 'tap'
import { call, get, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`refreshing on ${name}`, async (t) => {
    let now = Date.now()
    const app = await startApp(t, { storage: await storage(t), clock: () => new Date(now) })
    const refresh = (refreshToken: string) => post(app, '/auth/refresh', { refreshToken })

    t.test('answers with the next pair, which works', async (t) => {
      const { user, refreshToken } = await signUp(app)
      const answer = await refresh(refreshToken)
      t.equal(answer.status, 200)
      t.same(answer.body.user, user)
      t.not(answer.body.refreshToken, refreshToken)
      t.equal((await get(app, '/protected', String(answer.body.accessToken))).status, 200)
      t.equal((await refresh(String(answer.body.refreshToken))).status, 200)
    })

    t.test('within the grace a used token is answered with the same successor', async (t) => {
      const { refreshToken } = await signUp(app)
      const first = await refresh(refreshToken)
      now += 29_000
      const second = await refresh(refreshToken)
      t.equal(second.status, 200)
      t.equal(second.body.refreshToken, first.body.refreshToken)
    })

    t.test('after the grace a used token ends its session, and says so to the holder', async (t) => {
      const { refreshToken } = await signUp(app)
      const { body } = await refresh(refreshToken)
      now += 31_000
      const reused = await refresh(refreshToken)
      t.equal(reused.status, 401)
      t.match(reused.body, { code: 'AUTH_SESSION_ENDED', reason: 'reuse' })
      t.match((await refresh(String(body.refreshToken))).body, { code: 'AUTH_SESSION_ENDED', reason: 'reuse' })
      t.match((await get(app, '/auth/verify', String(body.accessToken))).body, {
        code: 'AUTH_SESSION_ENDED',
        reason: 'reuse'
      })
    })

    t.test('a token two generations old ends the session at once', async (t) => {
      const { refreshToken } = await signUp(app)
      const { body } = await refresh(refreshToken)
      await refresh(String(body.refreshToken))
      t.match((await refresh(refreshToken)).body, { code: 'AUTH_SESSION_ENDED', reason: 'reuse' })
    })

    t.test('SE1 a session that nobody refreshed for its idle time is over', async (t) => {
      const alive = await signUp(app)
      const dead = await signUp(app)
      now += (7 * 24 * 3600 - 1) * 1000
      t.equal((await refresh(alive.refreshToken)).status, 200)
      now += 2000
      t.match((await refresh(dead.refreshToken)).body, { code: 'AUTH_SESSION_ENDED', reason: 'expired' })
    })

    t.test('RT2 no number of refreshes outlives the absolute limit', async (t) => {
      let { refreshToken } = await signUp(app)
      for (let day = 0; day < 29; day++) {
        now += 24 * 3600 * 1000
        const answer = await refresh(refreshToken)
        t.equal(answer.status, 200, `day ${day + 1}`)
        refreshToken = String(answer.body.refreshToken)
      }
      now += (24 * 3600 + 1) * 1000
      t.match((await refresh(refreshToken)).body, { code: 'AUTH_SESSION_ENDED', reason: 'expired' })
    })
  })
}

t.test('the token comes in the body or in a header', async (t) => {
  const app = await startApp(t)
  const { refreshToken } = await signUp(app)
  const inHeader = { 'x-refresh-token': refreshToken }

  for (const request of [{}, { payload: {} }, { payload: '', headers: { 'content-type': 'application/json' } }]) {
    const headers = { ...inHeader, ...request.headers }
    const answer = await call(app, { method: 'POST', url: '/auth/refresh', ...request, headers })
    t.equal(answer.status, 200)
  }
  t.equal((await post(app, '/auth/refresh', { refreshToken }, inHeader)).status, 200, 'the same one twice')

  const other = await signUp(app)
  const conflict = await post(app, '/auth/refresh', { refreshToken: other.refreshToken }, inHeader)
  t.equal(conflict.status, 400)
  t.equal(conflict.body.code, 'AUTH_TOKENS_CONFLICT')
  t.equal((await post(app, '/auth/refresh', { refreshToken: other.refreshToken })).status, 200, 'it used up neither')
})

t.test('the path has an alias', async (t) => {
  const app = await startApp(t)
  const { refreshToken } = await signUp(app)
  t.equal((await post(app, '/auth/refresh-token', { refreshToken })).status, 200)
})

t.test('what is no token of ours is refused without saying more', async (t) => {
  const app = await startApp(t)
  const { refreshToken, accessToken } = await signUp(app)
  for (const body of [{}, { refreshToken: '' }, { refreshToken: 'rt_' }, { refreshToken: accessToken }]) {
    const answer = await post(app, '/auth/refresh', body)
    t.equal(answer.status, 401)
    t.equal(answer.body.code, 'AUTH_REFRESH_TOKEN_INVALID')
  }
  for (const refreshToken of ['x'.repeat(4097), 7, null, ['a'], {}]) {
    const answer = await post(app, '/auth/refresh', { refreshToken })
    t.equal(answer.status, 400)
    t.match(answer.body.message, /refreshToken/)
  }
  t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 200)
})

t.test('rotate: false answers with the same token until it expires', async (t) => {
  const app = await startApp(t, { refreshToken: { rotate: false } })
  const { refreshToken } = await signUp(app)
  for (let time = 0; time < 3; time++) {
    const { status, body } = await post(app, '/auth/refresh', { refreshToken })
    t.equal(status, 200)
    t.equal(body.refreshToken, refreshToken)
  }
})

t.test('grace 0 is strict rotation', async (t) => {
  const app = await startApp(t, { refreshToken: { grace: '0s' } })
  const { refreshToken } = await signUp(app)
  t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 200)
  t.match((await post(app, '/auth/refresh', { refreshToken })).body, { code: 'AUTH_SESSION_ENDED', reason: 'reuse' })
})
