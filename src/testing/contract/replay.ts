import assert from 'node:assert/strict'
import { assertEnded, createUser, generationOf, openSession, present, type StorePromise } from './promise.ts'

export const replayPromises: readonly StorePromise[] = [
  {
    promise: 'the generation before the current one is told the current one until the grace is over, to the second',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      await present(store, session, { at: 10 })
      for (const at of [10, 11, 39]) {
        assert.deepEqual(await present(store, session, { at }), {
          outcome: 'replayed',
          session: { id: session.id, generation: 1, remember: true, user }
        })
      }
      assert.deepEqual(await present(store, session, { at: 41 }), { outcome: 'reused', userId: user.id })
    }
  },
  {
    promise: 'a replay moves nothing: not the idle limit, not the grace, not the generation',
    async check(store) {
      const user = await createUser(store)
      const [idle, graced] = [await openSession(store, user), await openSession(store, user)]
      for (const session of [idle, graced]) {
        await present(store, session, { at: 10 })
        generationOf(await present(store, session, { at: 35 }), 'replayed')
      }
      assert.equal((await present(store, graced, { at: 45 })).outcome, 'reused')
      assert.deepEqual(await present(store, idle, { at: 111, generation: 1 }), { outcome: 'ended', reason: 'expired' })
    }
  },
  {
    promise: 'after a replay the current generation rotates on',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      await present(store, session, { at: 10 })
      generationOf(await present(store, session, { at: 11 }), 'replayed')
      assert.equal(generationOf(await present(store, session, { at: 12, generation: 1 }), 'rotated'), 2)
      assert.equal(generationOf(await present(store, session, { at: 13, generation: 1 }), 'replayed'), 2)
    }
  },
  {
    promise: 'an older generation ends the session, within the grace too, and the current one dies with it',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      await present(store, session, { at: 1 })
      await present(store, session, { at: 2, generation: 1 })
      assert.deepEqual(await present(store, session, { at: 3 }), { outcome: 'reused', userId: user.id })
      for (const generation of [0, 1, 2, 3]) await assertEnded(store, session, 'reuse', generation)
    }
  },
  {
    promise: 'without a grace, a used generation ends the session at once',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      await present(store, session, { at: 1, graceSeconds: 0 })
      const again = await present(store, session, { at: 1, graceSeconds: 0 })
      assert.deepEqual(again, { outcome: 'reused', userId: user.id })
      await assertEnded(store, session, 'reuse', 1)
    }
  },
  {
    promise: 'where tokens do not rotate any more, those from before are judged as ever',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      await present(store, session, { at: 10 })
      assert.equal(generationOf(await present(store, session, { at: 20, rotate: false }), 'replayed'), 1)
      assert.equal((await present(store, session, { at: 50, rotate: false })).outcome, 'reused')
    }
  }
]
