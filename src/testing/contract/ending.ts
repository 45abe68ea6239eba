import assert from 'node:assert/strict'
import type { EndReason } from '../../store/index.ts'
import { after, assertEnded, createUser, newUser, openSession, type StorePromise, times } from './promise.ts'

const reasons: readonly EndReason[] = ['logout', 'password-changed', 'email-changed', 'limit', 'admin', 'disabled']

export const endingPromises: readonly StorePromise[] = [
  {
    promise: 'a session is ended by its secret, and its holder is told why',
    async check(store) {
      const user = await createUser(store)
      for (const reason of reasons) {
        const { secretDigest, ...session } = await openSession(store, user)
        const ended = await store.sessions.end({ id: session.id, secretDigest }, reason, after(0))
        assert.deepEqual(ended, { id: session.id, userId: user.id })
        await assertEnded(store, { ...session, secretDigest }, reason)
      }
    }
  },
  {
    promise: 'a session is ended by its user',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      const ended = await store.sessions.end({ id: session.id, userId: user.id }, 'logout', after(0))
      assert.deepEqual(ended, { id: session.id, userId: user.id })
      await assertEnded(store, session, 'logout')
    }
  },
  {
    promise: 'a session is not ended by another secret, another user or an unknown id',
    async check({ sessions, ...store }) {
      const all = { ...store, sessions }
      const session = await openSession(all, await createUser(all))
      const other = await openSession(all, await createUser(all))
      const { id, secretDigest } = session
      assert.equal(await sessions.end({ id, secretDigest: other.secretDigest }, 'logout', after(0)), null)
      assert.equal(await sessions.end({ id, userId: other.userId }, 'logout', after(0)), null)
      assert.equal(await sessions.end({ id, userId: 'malformed' }, 'logout', after(0)), null)
      assert.equal(await sessions.end({ id: newUser().id, secretDigest }, 'logout', after(0)), null)
      assert.equal(await sessions.end({ id: 'malformed', secretDigest }, 'logout', after(0)), null)
      assert.notEqual(await sessions.end({ id, secretDigest }, 'logout', after(0)), null)
    }
  },
  {
    promise: 'of parallel ends of one session one is the first, and its reason stays',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      const ended = await times(10, () => store.sessions.end(session, 'logout', after(0)))
      assert.equal(ended.filter((each) => each !== null).length, 1)
      assert.equal(await store.sessions.end(session, 'admin', after(0)), null)
      await assertEnded(store, session, 'logout')
    }
  },
  {
    promise: 'a session that expired is not ended any more',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      assert.equal(await store.sessions.end(session, 'logout', after(101)), null)
      assert.deepEqual(await store.sessions.endAll(user.id, 'admin', after(101)), [])
    }
  },
  {
    promise: '"end all" ends and answers with every live session of the user and no other',
    async check(store) {
      const user = await createUser(store)
      const live = await times(3, () => openSession(store, user))
      const over = await openSession(store, user)
      await store.sessions.end(over, 'logout', after(0))
      const foreign = await openSession(store, await createUser(store))
      const ended = await store.sessions.endAll(user.id, 'admin', after(0))
      assert.deepEqual(ended.map(({ id }) => id).sort(), live.map(({ id }) => id).sort())
      assert.ok(ended.every(({ userId }) => userId === user.id))
      for (const session of live) await assertEnded(store, session, 'admin')
      await assertEnded(store, over, 'logout')
      assert.deepEqual(await store.sessions.endAll(user.id, 'admin', after(0)), [])
      assert.notEqual(await store.sessions.end(foreign, 'logout', after(0)), null)
    }
  }
]
