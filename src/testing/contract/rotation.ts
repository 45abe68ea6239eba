import assert from 'node:assert/strict'
import type { AuthStore, NewSession } from '../../store/index.ts'
import {
  after,
  createUser,
  findUser,
  generationOf,
  newUser,
  openSession,
  present,
  type StorePromise,
  tally,
  times
} from './promise.ts'

const expired = { outcome: 'ended', reason: 'expired' }

export const rotationPromises: readonly StorePromise[] = [
  {
    promise: 'each rotation answers with the next generation and the user as they are now',
    async check(store) {
      const { id } = await createUser(store, { fields: { plan: 'free' } })
      const session = await openSession(store, await findUser(store, id))
      for (const generation of [0, 1, 2]) {
        await store.users.update(id, { fields: { generation } })
        assert.deepEqual(await present(store, session, { at: generation, generation }), {
          outcome: 'rotated',
          session: { id: session.id, generation: generation + 1, remember: true, user: await findUser(store, id) }
        })
      }
    }
  },
  {
    promise: 'without rotation a session answers with the generation presented, and stays alive by it',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      for (const at of [90, 180, 270]) {
        assert.equal(generationOf(await present(store, session, { at, rotate: false }), 'rotated'), 0)
      }
      assert.deepEqual(await present(store, session, { at: 371, rotate: false }), expired)
    }
  },
  {
    promise: 'a session that is unknown or has another secret is unknown, and lives on',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      const other = await openSession(store, await createUser(store))
      for (const given of [{ secretDigest: other.secretDigest }, { id: newUser().id }, { id: 'malformed' }]) {
        for (const generation of [0, 5]) {
          assert.deepEqual(await present(store, session, { at: 1, generation, ...given }), { outcome: 'unknown' })
        }
      }
      assert.equal(generationOf(await present(store, session, { at: 2 }), 'rotated'), 1)
    }
  },
  {
    promise: 'a generation that the database has lost heals the session',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      assert.equal(generationOf(await present(store, session, { at: 1, generation: 7 }), 'rotated'), 8)
      assert.equal(generationOf(await present(store, session, { at: 2, generation: 8 }), 'rotated'), 9)
    }
  },
  {
    promise: 'a session that is not used for the idle time expires, to the second',
    async check(store) {
      const user = await createUser(store)
      const [used, idle] = [await openSession(store, user), await openSession(store, user)]
      assert.equal(generationOf(await present(store, used, { at: 99 }), 'rotated'), 1)
      assert.deepEqual(await present(store, idle, { at: 101 }), expired)
      assert.equal(generationOf(await present(store, used, { at: 198, generation: 1 }), 'rotated'), 2)
      assert.deepEqual(await present(store, used, { at: 299, generation: 2 }), expired)
    }
  },
  {
    promise: 'a session expires at its absolute limit however it is used, to the second',
    async check(store) {
      const session = await openSession(store, await createUser(store), { absoluteSeconds: 150 })
      assert.equal(generationOf(await present(store, session, { at: 90 }), 'rotated'), 1)
      assert.equal(generationOf(await present(store, session, { at: 149, generation: 1 }), 'rotated'), 2)
      assert.deepEqual(await present(store, session, { at: 151, generation: 2 }), expired)
    }
  },
  {
    promise: 'an absolute limit shorter than the idle time holds from the start',
    async check(store) {
      const session = await openSession(store, await createUser(store), { absoluteSeconds: 50 })
      assert.deepEqual(await present(store, session, { at: 51 }), expired)
    }
  },
  {
    promise: 'a hundred rotations do not outlive the absolute limit',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      for (let generation = 0; generation < 100; generation++) {
        const outcome = await present(store, session, { at: generation * 9.99, generation })
        assert.equal(generationOf(outcome, 'rotated'), generation + 1)
      }
      assert.deepEqual(await present(store, session, { at: 1_001, generation: 100 }), expired)
    }
  },
  {
    promise: '200 parallel presentations of one token within the grace get one and the same successor',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      const outcomes = await times(200, () => present(store, session, { at: 1 }))
      assert.deepEqual(tally(outcomes), { rotated: 1, replayed: 199 })
      assert.deepEqual(new Set(outcomes.map((each) => 'session' in each && each.session.generation)), new Set([1]))
      assert.equal(generationOf(await present(store, session, { at: 2, generation: 1 }), 'rotated'), 2)
    }
  },
  {
    promise: 'without a grace, of 50 parallel presentations one rotates and one is the reuse that ends the session',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      const outcomes = await times(50, () => present(store, session, { at: 1, graceSeconds: 0 }))
      assert.deepEqual(tally(outcomes), { rotated: 1, reused: 1, 'ended: reuse': 48 })
    }
  },
  {
    promise: 'the same holds by the clock of the database',
    async check(store) {
      const user = await createUser(store)
      const [graceful, strict] = [await openNow(store, user.id), await openNow(store, user.id)]
      const present = ({ id, secretDigest }: NewSession, graceSeconds: number) =>
        store.sessions.rotate({ id, secretDigest, generation: 0, graceSeconds, idleSeconds: 100, rotate: true })
      assert.deepEqual(tally(await times(20, () => present(graceful, 30))), { rotated: 1, replayed: 19 })
      const outcomes = await times(20, () => present(strict, 0))
      assert.deepEqual(tally(outcomes), { rotated: 1, reused: 1, 'ended: reuse': 18 })
    }
  },
  {
    promise: 'of 50 rotations that race with the end of their session, none leaves it alive',
    async check(store) {
      const user = await createUser(store)
      await times(50, async () => {
        const session = await openSession(store, user)
        await Promise.all([present(store, session, { at: 1 }), store.sessions.end(session, 'logout', after(1))])
        for (const generation of [0, 1]) {
          const outcome = await present(store, session, { at: 2, generation })
          assert.deepEqual(outcome, { outcome: 'ended', reason: 'logout' })
        }
      })
    }
  }
]

async function openNow(store: AuthStore, userId: string): Promise<NewSession> {
  const user = await findUser(store, userId)
  const session = { ...(await openSession(store, user)), id: newUser().id }
  assert.equal((await store.sessions.open(session)).outcome, 'opened')
  return session
}
