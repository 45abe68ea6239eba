/** SE6, SE10: what a list of sessions gives away, and what somebody else's session can be made to do. */
import t from 'tap'
import { bearer, call, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'
import { CHEAP } from '../support/mail-app.ts'

interface Listed {
  readonly id: string
  readonly userAgent: string
}

for (const { name, storage } of eachDatabase) {
  t.test(`SE10 on ${name} a stranger's session is as unknown as one that never was`, async (t) => {
    const app = await startApp(t, { storage: await storage(t), password: CHEAP })
    const victim = await signUp(app)
    const { accessToken } = await signUp(app)
    const { sessionId } = (await get(app, '/protected', victim.accessToken)).body
    const ended = await signUp(app)
    const { sessionId: endedId } = (await get(app, '/protected', ended.accessToken)).body
    await post(app, '/auth/logout', { refreshToken: ended.refreshToken })

    const remove = (id: string) =>
      app.inject({ method: 'DELETE', url: `/auth/sessions/${id}`, headers: bearer(accessToken) })
    const unknown = await remove('01980000-0000-7000-8000-000000000000')
    t.equal(unknown.statusCode, 404)
    t.equal(unknown.json().code, 'AUTH_SESSION_NOT_FOUND')
    const ids = {
      "a stranger's": String(sessionId),
      "a stranger's in capitals": String(sessionId).toUpperCase(),
      'one that has ended': String(endedId),
      'nil, which no session has': '00000000-0000-0000-0000-000000000000',
      "the user's own id": victim.user.id,
      malformed: 'x',
      'with a quote': "'%20or%201=1--",
      'with NUL': `%00${sessionId}`,
      'with a space': `${sessionId}%20`,
      'in braces': `%7B${sessionId}%7D`,
      'without hyphens': String(sessionId).replaceAll('-', ''),
      'a wildcard': '%25',
      'of another script': '%F0%9F%94%91',
      'as long as can be': 'x'.repeat(100)
    }
    for (const [kind, id] of Object.entries(ids)) {
      const answer = await remove(id)
      t.equal(answer.statusCode, 404, kind)
      t.equal(answer.body, unknown.body, `${kind}: byte by byte`)
      t.same({ ...answer.headers, date: '' }, { ...unknown.headers, date: '' }, `${kind}: every header`)
    }
    t.equal((await post(app, '/auth/refresh', { refreshToken: victim.refreshToken })).status, 200, 'it ended nothing')
    t.equal((await get(app, '/protected', victim.accessToken)).status, 200)
  })

  t.test(`on ${name} a list has the own sessions, and nothing that would open one`, async (t) => {
    const app = await startApp(t, { storage: await storage(t), password: CHEAP })
    const email = freshEmail()
    const { accessToken, refreshToken } = await signUp(app, { email })
    const strangers = await Promise.all(Array.from({ length: 5 }, () => signUp(app)))
    const answer = await get(app, '/auth/sessions', accessToken)
    t.equal((answer.body.sessions as unknown[]).length, 1)
    t.equal(answer.headers['cache-control'], 'no-store')
    const secret = Buffer.from(refreshToken.slice(3), 'base64url').subarray(18, 34)
    for (const spelling of ['base64url', 'base64', 'hex'] as const)
      t.notOk(answer.text.includes(secret.toString(spelling)))
    for (const { user } of strangers) t.notOk(answer.text.includes(user.id))
    t.notOk(answer.text.includes('digest'))
  })

  t.test(`on ${name} a User-Agent of any shape is text, and no longer than it need be`, async (t) => {
    const app = await startApp(t, { storage: await storage(t), password: CHEAP })
    const email = freshEmail()
    const { accessToken } = await signUp(app, { email })
    const agents = [
      '<script>alert(1)</script>',
      '"; drop table auth_sessions; --',
      'Mozilla/5.0 (\u00ff\u0080\u0001)',
      '__proto__',
      'x'.repeat(10_000),
      `Mozilla/5.0 (${'Windows NT 10.0; '.repeat(500)})`,
      `${'('.repeat(5000)}Version/`
    ]
    for (const agent of agents) {
      const headers = { 'user-agent': agent }
      t.equal((await post(app, '/auth/login', { email, password: PASSWORD }, headers)).status, 200)
    }
    const answer = await get(app, '/auth/sessions', accessToken)
    t.equal(answer.status, 200)
    t.match(answer.headers['content-type'], /^application\/json/)
    const listed = (answer.body.sessions as Listed[]).map(({ userAgent }) => userAgent)
    for (const agent of agents) t.ok(listed.includes(agent.slice(0, 512)), agent.slice(0, 30))
  })
}

t.test('an address is what the host trusts it to be', async (t) => {
  const forwarded = { 'x-forwarded-for': '203.0.113.7' }
  for (const [trustProxy, ip] of [
    [false, '127.0.0.1'],
    [true, '203.0.113.7']
  ] as const) {
    const app = await startApp(t, { password: CHEAP }, { trustProxy })
    const { body } = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD }, forwarded)
    t.match((await get(app, '/auth/sessions', String(body.accessToken))).body, { sessions: [{ ip }] })
  }
})

t.test('an access token says nothing about other sessions of its user once its own is over', async (t) => {
  const app = await startApp(t, { password: CHEAP })
  const email = freshEmail()
  const stolen = await signUp(app, { email })
  const { body: thief } = await post(app, '/auth/login', { email, password: PASSWORD })
  const headers = bearer(stolen.accessToken)
  t.equal((await call(app, { method: 'DELETE', url: '/auth/sessions', headers })).status, 204)
  for (const method of ['GET', 'DELETE'] as const) {
    const answer = await call(app, { method, url: '/auth/sessions', headers: bearer(String(thief.accessToken)) })
    t.match(answer.body, { statusCode: 401, code: 'AUTH_SESSION_ENDED', reason: 'logout' })
  }
  t.equal((await post(app, '/auth/refresh', { refreshToken: stolen.refreshToken })).status, 200)
})
