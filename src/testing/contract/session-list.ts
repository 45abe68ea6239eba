import assert from 'node:assert/strict'
import {
  after,
  assertEnded,
  createUser,
  newSession,
  newUser,
  openSession,
  present,
  type StorePromise
} from './promise.ts'

export const sessionListPromises: readonly StorePromise[] = [
  {
    promise: 'a session is listed as it was opened, and as it was last refreshed',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user, { absoluteSeconds: 150 })
      const { id, ip, userAgent } = session
      const opened = { id, createdAt: after(0).now, lastUsedAt: after(0).now, expiresAt: after(100).now, ip, userAgent }
      assert.deepEqual(await store.sessions.list(user.id, after(1)), [opened])
      await present(store, session, { at: 60 })
      const refreshed = { ...opened, lastUsedAt: after(60).now, expiresAt: after(150).now }
      assert.deepEqual(await store.sessions.list(user.id, after(61)), [refreshed])
      await present(store, session, { at: 62 })
      assert.deepEqual(await store.sessions.list(user.id, after(63)), [refreshed])
    }
  },
  {
    promise: 'a session without an address or a user agent is listed too',
    async check(store) {
      const user = await createUser(store)
      await openSession(store, user, { ip: null, userAgent: null })
      const [listed] = await store.sessions.list(user.id, after(0))
      assert.deepEqual([listed?.ip, listed?.userAgent], [null, null])
    }
  },
  {
    promise: 'the live sessions of a user are listed, the last used first, and no others',
    async check(store) {
      const user = await createUser(store)
      const [early, late, over, idle] = [
        await openSession(store, user),
        await openSession(store, user),
        await openSession(store, user),
        await openSession(store, user, { idleSeconds: 5 })
      ]
      await openSession(store, await createUser(store))
      await present(store, late, { at: 1 })
      await present(store, early, { at: 2 })
      await store.sessions.end(over, 'logout', after(3))
      assert.deepEqual(await ids(6), [early.id, late.id])
      assert.deepEqual(await ids(4), [early.id, late.id, idle.id])
      assert.deepEqual(await ids(1_001), [])
      for (const id of [newUser().id, 'malformed']) assert.deepEqual(await store.sessions.list(id, after(0)), [])

      async function ids(at: number): Promise<readonly string[]> {
        return (await store.sessions.list(user.id, after(at))).map(({ id }) => id)
      }
    }
  },
  {
    promise: 'the others end, and the session that is kept goes on, as do those of other users',
    async check(store) {
      const user = await createUser(store)
      const kept = await openSession(store, user)
      const others = [await openSession(store, user), await openSession(store, user)]
      const over = await openSession(store, user)
      await store.sessions.end(over, 'admin', after(0))
      const foreign = await openSession(store, await createUser(store))
      const ended = await store.sessions.endOthers(user.id, kept.id, 'logout', after(0))
      assert.deepEqual(new Set(ended.map(({ id }) => id)), new Set(others.map(({ id }) => id)))
      assert.ok(ended.every(({ userId }) => userId === user.id))
      for (const session of others) await assertEnded(store, session, 'logout')
      await assertEnded(store, over, 'admin')
      for (const session of [kept, foreign]) {
        assert.equal((await present(store, session, { at: 1 })).outcome, 'rotated')
      }
      assert.deepEqual(await store.sessions.endOthers(user.id, kept.id, 'logout', after(0)), [])
    }
  },
  {
    promise: 'ending the others does not stop a sign-in that is under way',
    async check(store) {
      const user = await createUser(store)
      const kept = await openSession(store, user)
      await store.sessions.endOthers(user.id, kept.id, 'logout', after(0))
      const opened = await store.sessions.open(newSession(user), after(0))
      assert.deepEqual(opened, { outcome: 'opened', ended: [] })
    }
  },
  {
    promise: 'whether a browser keeps the session is told again with each rotation and each replay',
    async check(store) {
      const user = await createUser(store)
      for (const remember of [true, false]) {
        const session = await openSession(store, user, { remember })
        for (const outcome of ['rotated', 'replayed']) {
          const presented = await present(store, session, { at: 1 })
          assert.equal(presented.outcome, outcome)
          assert.deepEqual('session' in presented ? presented.session.remember : null, remember)
        }
      }
    }
  }
]
