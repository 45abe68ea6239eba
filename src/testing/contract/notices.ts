/** What a user is told of changes, and the changes of a password themselves. */
import assert from 'node:assert/strict'
import type { AuthStore, Notice, UserRecord } from '../../store/index.ts'
import { handOver, lettersTo, newNotice, unusedAddress } from './mail.ts'
import { after, assertEnded, createUser, findUser, newUser, openSession, type StorePromise, times } from './promise.ts'

type Change = (store: AuthStore, user: UserRecord, notice: Notice) => Promise<unknown>

const changes: readonly (readonly [Notice['name'], Change])[] = [
  ['password-changed', ({ users }, { id }, notice) => users.setPassword(id, 'new', { ...after(1), notice })],
  [
    'password-changed',
    ({ users }, { id, sessionEpoch: epoch }, notice) =>
      users.changePassword({ id, epoch, hash: 'new' }, { ...after(1), notice })
  ],
  [
    'password-changed',
    async (store, { email }, notice) => {
      const token = await handOver(store, { name: 'reset-password', address: String(email) })
      return store.oneTimeTokens.resetPassword(token, 'new', { ...after(1), notice })
    }
  ],
  [
    'email-changed',
    async (store, { id }, notice) => {
      const token = await handOver(store, { name: 'change-email', address: unusedAddress(), userId: id })
      return store.oneTimeTokens.confirmEmailChange(token, { ...after(1), notice })
    }
  ],
  ['account-deleted', ({ users }, { id }, notice) => users.delete(id, { ...after(1), notice })]
]

export const noticePromises: readonly StorePromise[] = [
  {
    promise: 'a change is told at the address from before it',
    async check(store) {
      for (const [name, change] of changes) {
        const user = await createUser(store, { email: unusedAddress() })
        const address = String(user.email)
        const notice = newNotice(name)
        await change(store, user, notice)
        const expected = {
          ...notice,
          address,
          userId: user.id,
          sessionId: null,
          attempts: 0,
          leasedUntil: after(2).now
        }
        assert.deepEqual(await lettersTo(store, address, 2), [expected])
      }
    }
  },
  {
    promise: 'whoever has no address is told nothing, and nobody is told of what did not happen',
    async check(store) {
      const open = () => store.letters.claim({ limit: 100_000, leaseSeconds: 0, early: true }, after(2))
      const before = (await open()).length
      const { id } = await createUser(store, { email: null })
      const notice = () => ({ ...after(1), notice: newNotice('password-changed') })
      await store.users.setPassword(id, 'new', notice())
      await store.users.delete(id, notice())
      const user = await createUser(store)
      const stale = { id: user.id, epoch: user.sessionEpoch + 1, hash: 'new' }
      await store.users.changePassword(stale, notice())
      for (const unknown of [newUser().id, 'malformed']) {
        await store.users.setPassword(unknown, 'new', notice())
        await store.users.delete(unknown, notice())
        await store.oneTimeTokens.resetPassword(unknown, 'new', notice())
        await store.oneTimeTokens.confirmEmailChange(unknown, notice())
      }
      assert.equal((await open()).length, before)
    }
  },
  {
    promise: 'a changed password ends every session, and answers with the user of the new epoch',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      const change = { id: user.id, epoch: user.sessionEpoch, hash: 'new' }
      const changed = await store.users.changePassword(change, after(1))
      assert.ok(changed.outcome === 'changed')
      assert.deepEqual(changed.ended, [{ id: session.id, userId: user.id }])
      assert.ok(changed.user.sessionEpoch > user.sessionEpoch)
      assert.deepEqual(changed.user, await findUser(store, user.id))
      await assertEnded(store, session, 'password-changed')
      await openSession(store, changed.user)
    }
  },
  {
    promise: 'a password is not changed on what was proven before the epoch moved, nor for a disabled user',
    async check(store) {
      const user = await createUser(store)
      const change = ({ id, sessionEpoch: epoch }: UserRecord) =>
        store.users.changePassword({ id, epoch, hash: 'refused' }, after(1))
      await store.sessions.endAll(user.id, 'admin', after(0))
      assert.deepEqual(await change(user), { outcome: 'refused' })
      const session = await openSession(store, await findUser(store, user.id))
      assert.deepEqual(await change(user), { outcome: 'refused' })
      await store.users.setDisabled(user.id, true, after(0))
      assert.deepEqual(await change(await findUser(store, user.id)), { outcome: 'refused' })
      await assertEnded(store, session, 'disabled')
      const found = await store.users.credential({ id: user.id })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash !== 'refused')
    }
  },
  {
    promise: 'of 20 parallel changes of one password, one is made',
    async check(store) {
      const { id, sessionEpoch: epoch } = await createUser(store)
      const outcomes = await times(20, (index) => store.users.changePassword({ id, epoch, hash: `${index}` }, after(1)))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'changed').length, 1)
      const found = await store.users.credential({ id })
      const winner = String(outcomes.findIndex(({ outcome }) => outcome === 'changed'))
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === winner)
    }
  },
  {
    promise: 'a credential is found by the id of its user',
    async check({ users, ...store }) {
      const user = await createUser({ users, ...store })
      const byEmail = await users.credential({ email: String(user.email) })
      assert.deepEqual(await users.credential({ id: user.id }), byEmail)
      for (const id of [newUser().id, 'malformed']) {
        assert.deepEqual(await users.credential({ id }), { outcome: 'unknown' })
      }
    }
  }
]
