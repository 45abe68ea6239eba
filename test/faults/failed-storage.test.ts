/** F5, F6: storage that is gone, or does not answer. Clients are told to come back; nobody is signed out, nothing promised is lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import t, { type Test } from 'tap'
import { type Answer, freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { ownCluster, postgresDatabase } from '../support/databases.ts'

/** Generous, for a machine that is busy with other tests; an answer that hangs takes longer than any of this. */
const HANGS_MS = 15_000

const start = (t: Test, storage: string) =>
  startApp(t, {
    storage,
    password: { argon2: { memoryCost: 8, timeCost: 1 }, hashing: { concurrency: 2, queue: 1000 } }
  })

interface Timed extends Answer {
  readonly begun: number
  readonly took: number
}

async function timed(request: Promise<Answer>): Promise<Timed> {
  const begun = performance.now()
  const answer = await request
  return { ...answer, begun, took: performance.now() - begun }
}

/** Asks again and again, until it is told to stop, in so many threads. */
function keepAsking(threads: number, ask: () => Promise<Answer>): () => Promise<Timed[]> {
  const answers: Timed[] = []
  let going = true
  const loops = Array.from({ length: threads }, async () => {
    while (going) {
      const answer = await timed(ask())
      answers.push(answer)
      if (answer.status >= 500) await sleep(20)
    }
  })
  return async () => {
    going = false
    await Promise.all(loops)
    return answers
  }
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const name = [status, body.code].filter(Boolean).join(' ')
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** 503 and when to come back, whatever was asked. */
function areUnavailable(t: Test, answers: readonly Timed[], name: string): void {
  t.same(Object.keys(tally(answers)), ['503 AUTH_UNAVAILABLE'], name)
  const seconds = answers.map(({ headers }) => Number(headers['retry-after']))
  t.ok(
    seconds.every((value) => Number.isInteger(value) && value >= 1 && value <= 5),
    `${name}: Retry-After`
  )
  const slowest = Math.max(...answers.map(({ took }) => took))
  t.comment(`${name}: ${answers.length} answers, the slowest after ${slowest.toFixed(0)} ms`)
  t.ok(slowest < HANGS_MS, `${name}: none hangs`)
}

async function until(done: () => Promise<boolean>): Promise<number> {
  const begin = performance.now()
  while (!(await done())) {
    if (performance.now() - begin > HANGS_MS) throw new Error('it did not recover')
    await sleep(50)
  }
  return performance.now() - begin
}

t.test('F5, LG6 PostgreSQL is killed under load, and comes back', async (t) => {
  const cluster = await ownCluster(t)
  const app = await start(t, cluster.url)
  const reader = await signUp(app)
  const chain = await chainOfRefreshes(app)
  const acknowledged: string[] = []

  const signups = keepAsking(4, async () => {
    const email = freshEmail()
    const answer = await post(app, '/auth/signup', { email, password: PASSWORD })
    if (answer.status === 201) acknowledged.push(email)
    return answer
  })
  const refreshes = keepAsking(2, chain.next)
  const guarded = keepAsking(1, async () => {
    await sleep(5)
    return get(app, '/protected', reader.accessToken)
  })

  await until(async () => acknowledged.length >= 200)
  const killed = performance.now()
  cluster.killNine()
  const before = acknowledged.length
  await sleep(1500)
  const back = performance.now()
  await cluster.restart()
  const recovery = await until(async () => acknowledged.length > before + 20)
  t.comment(`acknowledged ${before} before and served again ${recovery.toFixed(0)} ms after the restart`)

  const [signed, refreshed, read] = await Promise.all([signups(), refreshes(), guarded()])
  const inOutage = ({ begun, took }: Timed) => begun > killed && begun + took < back
  areUnavailable(t, signed.filter(inOutage), 'sign-ups in the outage')
  areUnavailable(t, refreshed.filter(inOutage), 'refreshes in the outage')
  t.same(Object.keys(tally(signed)).sort(), ['201', '503 AUTH_UNAVAILABLE'], 'no sign-up had another answer')
  t.same(Object.keys(tally(refreshed)).sort(), ['200', '503 AUTH_UNAVAILABLE'], 'no refresh had another answer')
  t.same(Object.keys(tally(read)), ['200'], 'what needs no storage went on')
  t.ok(read.filter(inOutage).length > 10)

  const lost: string[] = []
  for (const email of acknowledged) {
    if ((await post(app, '/auth/login', { email, password: PASSWORD })).status !== 200) lost.push(email)
  }
  t.same(lost, [], `all ${acknowledged.length} sign-ups that were acknowledged can sign in`)
  t.equal((await chain.next()).status, 200, 'and the session goes on')
})

/** A client that refreshes its own token, one at a time, and after a failure tries the same one again. */
async function chainOfRefreshes(app: FastifyInstance) {
  let { refreshToken } = await signUp(app)
  let turn: Promise<unknown> = Promise.resolve()
  async function refresh(): Promise<Answer> {
    const answer = await post(app, '/auth/refresh', { refreshToken })
    if (answer.status === 200) refreshToken = String(answer.body.refreshToken)
    return answer
  }
  return {
    next(): Promise<Answer> {
      const answer = turn.then(refresh)
      turn = answer
      return answer
    }
  }
}

t.test('F6 every connection is busy: who waits is told to come back, and then all is well', async (t) => {
  const storage = await postgresDatabase(t)
  const app = await start(t, storage)
  const { accessToken, refreshToken } = await signUp(app)
  const others = await Promise.all(Array.from({ length: 150 }, () => signUp(app)))

  const blocker = new pg.Client({ connectionString: storage })
  await blocker.connect()
  // Every statement of ours waits for this, each on a connection of the pool.
  await blocker.query('begin; lock table auth_users in access exclusive mode')

  const refreshes = others.map(({ refreshToken }) => timed(post(app, '/auth/refresh', { refreshToken })))
  t.equal((await get(app, '/protected', accessToken)).status, 200, 'what needs no storage goes on')
  areUnavailable(t, await Promise.all(refreshes), 'refreshes')

  await blocker.query('commit')
  await blocker.end()
  const recovery = await until(async () => (await post(app, '/auth/refresh', { refreshToken })).status === 200)
  t.comment(`served again ${recovery.toFixed(0)} ms after the connections were free`)
  const again = await Promise.all(others.map(({ refreshToken }) => post(app, '/auth/refresh', { refreshToken })))
  t.same(
    Object.keys(tally(again)).filter((outcome) => !['200', '503 AUTH_UNAVAILABLE'].includes(outcome)),
    []
  )
  const late = again.flatMap(({ status }, place) => (status === 200 ? [] : [others[place]?.refreshToken]))
  for (const refreshToken of late) t.equal((await post(app, '/auth/refresh', { refreshToken })).status, 200)
})

t.test('LG5 storage that is gone never makes a token invalid, nor a password', async (t) => {
  const cluster = await ownCluster(t)
  const app = await start(t, cluster.url)
  const email = freshEmail()
  const { accessToken, refreshToken } = await signUp(app, { email })
  cluster.killNine()
  const answers = [
    timed(post(app, '/auth/login', { email, password: PASSWORD })),
    timed(post(app, '/auth/login', { email, password: 'not the password' })),
    timed(post(app, '/auth/login', { email: freshEmail(), password: PASSWORD })),
    timed(post(app, '/auth/refresh', { refreshToken })),
    timed(post(app, '/auth/logout', { refreshToken })),
    timed(post(app, '/auth/logout', {}, { authorization: `Bearer ${accessToken}` })),
    timed(post(app, '/auth/logout-all', {}, { authorization: `Bearer ${accessToken}` })),
    timed(get(app, '/auth/me', accessToken))
  ]
  areUnavailable(t, await Promise.all(answers), 'every route')
  t.equal(
    (await post(app, '/auth/refresh', { refreshToken: 'rt_forged' })).status,
    401,
    'a forged token needs no storage'
  )
  t.equal((await get(app, '/auth/verify', accessToken)).status, 200)
  await cluster.restart()
  await until(async () => (await post(app, '/auth/refresh', { refreshToken })).status === 200)
})
