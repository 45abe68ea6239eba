/** What a link does when it is good. */
import assert from 'node:assert/strict'
import type { AuthStore, Credential } from '../../store/index.ts'
import { handOver, unusedAddress, verify } from './mail.ts'
import {
  after,
  assertEnded,
  createUser,
  findUser,
  generationOf,
  HASH,
  newSession,
  openSession,
  present,
  type StorePromise,
  times
} from './promise.ts'

const invalid = { outcome: 'invalid' }

export const effectPromises: readonly StorePromise[] = [
  {
    promise: 'a verification proves the address, says when, and changes nothing else',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      const asked = { name: 'verify-email', address: String(user.email), userId: user.id } as const
      const [first, second] = [await handOver(store, asked), await handOver(store, asked, 1)]
      const expected = { ...user, emailVerifiedAt: after(2).now, updatedAt: after(2).now }
      const verified = await verify(store, first, 2, { username: 'ignored' })
      assert.deepEqual(verified, { outcome: 'verified', user: expected, created: false, handedOver: false, ended: [] })
      assert.deepEqual(await findUser(store, user.id), expected)
      const again = await verify(store, second, 3)
      assert.deepEqual(again.outcome === 'verified' && again.user.emailVerifiedAt, after(2).now)
      generationOf(await present(store, session, { at: 4 }), 'rotated')
    }
  },
  {
    promise: 'whose password a token would reset is told without any change',
    async check(store) {
      const user = await createUser(store)
      const token = await handOver(store, { name: 'reset-password', address: String(user.email) })
      for (const at of [1, 99]) {
        assert.deepEqual(await store.oneTimeTokens.readReset(token, after(at)), { outcome: 'valid', user })
      }
      assert.deepEqual(await store.oneTimeTokens.readReset(token, after(101)), invalid)
      assert.deepEqual(await findUser(store, user.id), user)
      await store.oneTimeTokens.resetPassword(token, 'reset', after(1))
      assert.deepEqual(await store.oneTimeTokens.readReset(token, after(2)), invalid)
    }
  },
  {
    promise:
      'EM8: a reset sets the password, proves the address and ends every session; what was proven before is dead',
    async check(store) {
      const user = await createUser(store)
      const sessions = [await openSession(store, user), await openSession(store, user)]
      const bystander = await openSession(store, await createUser(store))
      const token = await handOver(store, { name: 'reset-password', address: String(user.email) })
      const result = await store.oneTimeTokens.resetPassword(token, 'reset', after(1))
      assert.ok(result.outcome === 'reset')
      assert.deepEqual(new Set(result.ended.map(({ id }) => id)), new Set(sessions.map(({ id }) => id)))
      const sessionEpoch = result.user.sessionEpoch
      assert.ok(sessionEpoch > user.sessionEpoch)
      const expected = { ...user, sessionEpoch, emailVerifiedAt: after(1).now, updatedAt: after(1).now }
      assert.deepEqual(await credential(store, String(user.email)), { user: expected, passwordHash: 'reset' })
      for (const session of sessions) await assertEnded(store, session, 'password-changed')
      assert.deepEqual(await store.sessions.open(newSession(user), after(2)), { outcome: 'refused' })
      generationOf(await present(store, bystander, { at: 2 }), 'rotated')
    }
  },
  {
    promise: 'a reset leaves the time at which an address was proven',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      const proof = await handOver(store, { name: 'verify-email', address, userId: user.id })
      await verify(store, proof)
      const token = await handOver(store, { name: 'reset-password', address }, 2)
      const result = await store.oneTimeTokens.resetPassword(token, 'reset', after(3))
      assert.deepEqual(result.outcome === 'reset' && result.user.emailVerifiedAt, after(1).now)
    }
  },
  {
    promise: 'a confirmed change moves the user to the new address, which is proven; the former one is free',
    async check(store) {
      const user = await createUser(store)
      const email = unusedAddress()
      const token = await handOver(store, { name: 'change-email', address: email, userId: user.id })
      const result = await store.oneTimeTokens.confirmEmailChange(token, after(1))
      assert.ok(result.outcome === 'changed')
      const { sessionEpoch } = result.user
      const expected = { ...user, email, sessionEpoch, emailVerifiedAt: after(1).now, updatedAt: after(1).now }
      assert.deepEqual(result.user, expected)
      assert.deepEqual(await credential(store, email.toUpperCase()), { user: expected, passwordHash: HASH })
      assert.deepEqual(await store.users.credential({ email: String(user.email) }), { outcome: 'unknown' })
      assert.deepEqual(await store.sessions.open(newSession(user), after(2)), { outcome: 'refused' })
      await createUser(store, { email: user.email })
    }
  },
  {
    promise: 'a confirmed change ends every session but the one that asked, which goes on',
    async check(store) {
      const user = await createUser(store)
      const [asking, other] = [await openSession(store, user), await openSession(store, user)]
      const asked = { name: 'change-email', address: unusedAddress(), userId: user.id } as const
      const token = await handOver(store, { ...asked, sessionId: asking.id })
      const result = await store.oneTimeTokens.confirmEmailChange(token, after(1))
      assert.deepEqual(result.outcome === 'changed' && result.ended, [{ id: other.id, userId: user.id }])
      await assertEnded(store, other, 'email-changed')
      assert.equal(generationOf(await present(store, asking, { at: 2 }), 'rotated'), 1)

      const without = await handOver(store, { ...asked, address: unusedAddress() }, 3)
      const again = await store.oneTimeTokens.confirmEmailChange(without, after(4))
      assert.deepEqual(again.outcome === 'changed' && again.ended, [{ id: asking.id, userId: user.id }])
    }
  },
  {
    promise: 'a session that ended, or that is of another user, does not come to life by a change of address',
    async check(store) {
      const user = await createUser(store)
      const over = await openSession(store, user)
      const foreign = await openSession(store, await createUser(store))
      await store.sessions.end(over, 'admin', after(0))
      for (const session of [foreign, over]) {
        const asked = { name: 'change-email', address: unusedAddress(), userId: user.id } as const
        const token = await handOver(store, { ...asked, sessionId: session.id })
        assert.equal((await store.oneTimeTokens.confirmEmailChange(token, after(1))).outcome, 'changed')
      }
      await assertEnded(store, over, 'admin')
      generationOf(await present(store, foreign, { at: 2 }), 'rotated')
    }
  },
  {
    promise: 'a user without an address gets one by a confirmed change',
    async check(store) {
      const user = await createUser(store, { email: null })
      const email = unusedAddress()
      const token = await handOver(store, { name: 'change-email', address: email, userId: user.id })
      const result = await store.oneTimeTokens.confirmEmailChange(token, after(1))
      assert.equal(result.outcome === 'changed' && result.user.email, email)
    }
  },
  {
    promise: 'an address that somebody took meanwhile is not moved to, and nothing has changed',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      const address = unusedAddress()
      const token = await handOver(store, { name: 'change-email', address, userId: user.id })
      const rival = await createUser(store, { email: address.toLowerCase() })
      assert.deepEqual(await store.oneTimeTokens.confirmEmailChange(token, after(1)), invalid)
      assert.deepEqual(await findUser(store, user.id), user)
      generationOf(await present(store, session, { at: 2 }), 'rotated')
      await store.users.delete(rival.id)
      assert.equal((await store.oneTimeTokens.confirmEmailChange(token, after(3))).outcome, 'changed')
    }
  },
  {
    promise:
      'EM10: of 50 pairs of changes that a user asks for at the same time, no link confirms the address of the other',
    async check(store) {
      await times(50, async () => {
        const { id } = await createUser(store)
        const asked = await times(2, () => askForChange(store, id))
        const outcomes = await Promise.all(
          asked.map(({ token }) => store.oneTimeTokens.confirmEmailChange(token, after(1)))
        )
        assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'invalid'])
        const winner = asked[outcomes.findIndex(({ outcome }) => outcome === 'changed')]
        assert.equal((await findUser(store, id)).email, winner?.address)
      })
    }
  },
  {
    promise: 'of two users who move to one address at the same time, one does',
    async check(store) {
      await times(10, async () => {
        const address = unusedAddress()
        const asked = await times(2, async () => askForChange(store, (await createUser(store)).id, address))
        const outcomes = await Promise.all(
          asked.map(({ token }) => store.oneTimeTokens.confirmEmailChange(token, after(1)))
        )
        assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'invalid'])
      })
    }
  },
  {
    promise: 'of 20 sign-ins that race with a reset, no session survives',
    async check(store) {
      await times(20, async () => {
        const user = await createUser(store)
        const session = newSession(user)
        const token = await handOver(store, { name: 'reset-password', address: String(user.email) })
        const [{ outcome }, result] = await Promise.all([
          store.sessions.open(session, after(0)),
          store.oneTimeTokens.resetPassword(token, 'reset', after(1))
        ])
        assert.equal(result.outcome, 'reset')
        const presented = await present(store, session, { at: 2 })
        assert.equal(presented.outcome, outcome === 'opened' ? 'ended' : 'unknown')
      })
    }
  }
]

async function askForChange(
  store: AuthStore,
  userId: string,
  address = unusedAddress()
): Promise<{ readonly address: string; readonly token: string }> {
  return { address, token: await handOver(store, { name: 'change-email', address, userId }) }
}

async function credential({ users }: AuthStore, email: string): Promise<Credential> {
  const found = await users.credential({ email })
  assert.equal(found.outcome, 'found')
  return found.credential
}
