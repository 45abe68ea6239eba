import t from 'tap'
import { isAuthError } from '../../src/errors.ts'
import { createGate } from '../../src/password/gate.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

t.test('never runs more than the bound, however many come at once', async (t) => {
  const gate = createGate({ concurrency: 3, queue: 497 })
  let running = 0
  let most = 0
  const results = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      gate.run(async () => {
        running += 1
        most = Math.max(most, running)
        await turn()
        running -= 1
        return index
      })
    )
  )
  t.equal(most, 3)
  t.same(
    results,
    Array.from({ length: 500 }, (_, index) => index),
    'and everyone gets the answer of their own work'
  )
})

t.test('serves those who wait in the order in which they came, and lets no newcomer overtake them', async (t) => {
  const gate = createGate({ concurrency: 1, queue: 10 })
  const order: string[] = []
  const enter = (name: string) =>
    gate.run(async () => {
      order.push(name)
      await turn()
    })
  const first = enter('first')
  const waiting = ['second', 'third', 'fourth'].map(enter)
  await first
  await Promise.all([...waiting, enter('newcomer')])
  t.same(order, ['first', 'second', 'third', 'fourth', 'newcomer'])
})

t.test('refuses the excess at once, while the others still work, and says when to come back', async (t) => {
  const gate = createGate({ concurrency: 2, queue: 32 })
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let begun = 0
  const refusals: unknown[] = []
  const calls = Array.from({ length: 500 }, () => {
    const call = gate.run(async () => {
      begun += 1
      await released
    })
    call.catch((error) => refusals.push(error))
    return call
  })
  await turn()

  t.equal(begun, 2)
  t.equal(refusals.length, 500 - 2 - 32)
  t.ok(refusals.every((error) => isAuthError(error) && error.code === 'AUTH_OVERLOADED' && error.statusCode === 503))
  const seconds = new Set(refusals.map((error) => isAuthError(error) && error.retryAfter))
  t.same([...seconds].sort(), [1, 2, 3, 4, 5], 'spread over 1 to 5 whole seconds')

  release()
  const settled = await Promise.allSettled(calls)
  t.equal(settled.filter(({ status }) => status === 'fulfilled').length, 34)
  t.equal(begun, 34, 'what was refused never began')
})

t.test('work that fails hands its place on', async (t) => {
  const gate = createGate({ concurrency: 1, queue: 2 })
  const failure = new Error('the work failed')
  const rejected = gate.run(() => Promise.reject(failure))
  const thrown = gate.run(() => {
    throw failure
  })
  const afterwards = gate.run(async () => 'served')
  await t.rejects(rejected, failure)
  await t.rejects(thrown, failure)
  t.equal(await afterwards, 'served')
  t.equal(await gate.run(async () => 'served again'), 'served again')
})

t.test('without a queue it refuses whoever finds every place taken', async (t) => {
  const gate = createGate({ concurrency: 1, queue: 0 })
  const first = gate.run(turn)
  await t.rejects(gate.run(turn), { code: 'AUTH_OVERLOADED' })
  await first
  await t.resolves(gate.run(turn))
})
