import assert from 'node:assert/strict'
import type { AuthStore, Credential, Identifier } from '../../store/index.ts'
import {
  after,
  assertEnded,
  createUser,
  findUser,
  HASH,
  openSession,
  type StorePromise,
  unusedName
} from './promise.ts'

export const passwordPromises: readonly StorePromise[] = [
  {
    promise: 'a credential is found by address or username in any case of letters, with the user it belongs to',
    async check(store) {
      const [email, username] = [`Mixed.${unusedName()}@Example.test`, `Mixed.${unusedName()}`]
      const user = await createUser(store, { email, username, fields: { plan: 'pro' } })
      const expected = { user, passwordHash: HASH }
      assert.deepEqual(await credential(store, { email }), expected)
      assert.deepEqual(await credential(store, { email: email.toUpperCase() }), expected)
      assert.deepEqual(await credential(store, { username: username.toLowerCase() }), expected)
      assert.deepEqual(await store.users.credential({ email: username }), { outcome: 'unknown' })
      assert.deepEqual(await store.users.credential({ username: email }), { outcome: 'unknown' })
    }
  },
  {
    promise: 'a stronger hash replaces the one that it was made from',
    async check(store) {
      const { id, email } = await createUser(store)
      await store.users.rehash(id, HASH, 'stronger')
      assert.equal((await credential(store, { email: String(email) })).passwordHash, 'stronger')
    }
  },
  {
    promise: 'a stronger hash does not undo a password that changed meanwhile',
    async check(store) {
      const { id, email } = await createUser(store)
      await store.users.setPassword(id, 'of the new password')
      await store.users.rehash(id, HASH, 'of the old password')
      assert.equal((await credential(store, { email: String(email) })).passwordHash, 'of the new password')
    }
  },
  {
    promise: 'a new password ends every live session, answers with them and moves the epoch',
    async check(store) {
      const user = await createUser(store)
      const sessions = [await openSession(store, user), await openSession(store, user)]
      const bystander = await openSession(store, await createUser(store))
      const ended = await store.users.setPassword(user.id, 'new', after(0))
      assert.deepEqual(new Set(ended.map(({ id }) => id)), new Set(sessions.map(({ id }) => id)))
      assert.deepEqual(new Set(ended.map(({ userId }) => userId)), new Set([user.id]))
      for (const session of sessions) await assertEnded(store, session, 'password-changed')
      const now = await credential(store, { email: String(user.email) })
      assert.equal(now.passwordHash, 'new')
      assert.ok(now.user.sessionEpoch > user.sessionEpoch)
      assert.notEqual(await store.sessions.end(bystander, 'logout', after(0)), null)
    }
  },
  {
    promise: 'a changed password tells whether the session of whoever changed it is remembered; without one, it is',
    async check(store) {
      for (const remember of [true, false]) {
        const user = await createUser(store)
        const stranger = await createUser(store)
        const [session, foreign] = [
          await openSession(store, user, { remember }),
          await openSession(store, stranger, { remember: false })
        ]
        const told = async (sessionId?: string) => {
          const { id, sessionEpoch: epoch } = await findUser(store, user.id)
          const changed = await store.users.changePassword({ id, epoch, hash: 'new', sessionId }, after(0))
          return changed.outcome === 'changed' && changed.remember
        }
        assert.equal(await told(session.id), remember)
        for (const nobody of [undefined, foreign.id, 'unknown']) assert.equal(await told(nobody), true)
      }
    }
  }
]

async function credential({ users }: AuthStore, identifier: Identifier): Promise<Credential> {
  const found = await users.credential(identifier)
  assert.equal(found.outcome, 'found')
  return found.credential
}
