/** Row 52: a user has an address that was never proven, and others sign up for it: from a time when proof was optional. */
import assert from 'node:assert/strict'
import type { AuthStore } from '../../store/index.ts'
import { handOver, lettersTo, prepare, propose, proposeAndSend, unusedAddress, verify } from './mail.ts'
import { after, assertEnded, createUser, HASH, newSession, openSession, type StorePromise, times } from './promise.ts'

const invalid = { outcome: 'invalid' }

export const disputedUserPromises: readonly StorePromise[] = [
  {
    promise: 'the proof of a sign-up hands an unproven user over without password, sessions and what was asked for',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      const session = await openSession(store, user)
      const change = await handOver(store, { name: 'change-email', address: `other.${address}`, userId: user.id })
      const reset = await handOver(store, { name: 'reset-password', address })
      const { token } = await proposeAndSend(store, { email: address.toUpperCase(), passwordHash: 'of the other' })
      await assertHandedOver(store, await verify(store, token), { ...user, email: address }, [session.id])
      await assertEnded(store, session, 'email-changed')
      assert.deepEqual(await store.oneTimeTokens.confirmEmailChange(change, after(2)), invalid)
      assert.deepEqual(await store.oneTimeTokens.resetPassword(reset, 'reset', after(2)), invalid)
      assert.deepEqual(await store.sessions.open(newSession(user), after(2)), { outcome: 'refused' })
      assert.deepEqual(await verify(store, token, 2), invalid)
    }
  },
  {
    promise: 'so does a link that was asked for by the address alone, or by the user, while a sign-up waits',
    async check(store) {
      for (const asker of ['nobody', 'the user']) {
        const user = await createUser(store)
        const address = String(user.email)
        await propose(store, { email: address })
        const userId = asker === 'nobody' ? null : user.id
        const token = await handOver(store, { name: 'verify-email', address, userId }, 1)
        await assertHandedOver(store, await verify(store, token, 2), user, [])
      }
    }
  },
  {
    promise: 'a sign-up that came after the link was sent disputes the user too',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      const token = await handOver(store, { name: 'verify-email', address })
      const { token: late } = await proposeAndSend(store, { email: address }, 1)
      await assertHandedOver(store, await verify(store, token, 2), user, [])
      assert.deepEqual(await verify(store, late, 3), invalid)
    }
  },
  {
    promise: 'the deletion of a user who never proved the address takes no sign-up of others with it',
    async check(store) {
      const user = await createUser(store)
      const email = String(user.email)
      const { signup, token } = await proposeAndSend(store, { email })
      await store.users.delete(user.id, after(1))
      const proven = await verify(store, token, 2)
      assert.ok(proven.outcome === 'verified' && proven.created && proven.user.id === signup.id)
      assert.equal(await passwordOf(store, email), signup.passwordHash)
    }
  },
  {
    promise: 'of 20 parallel proofs, by the user and by sign-ups, one hands the user over',
    async check(store) {
      const user = await createUser(store)
      const email = String(user.email)
      const tokens = [await handOver(store, { name: 'verify-email', address: email, userId: user.id })]
      while (tokens.length < 4) tokens.push((await proposeAndSend(store, { email })).token)
      const outcomes = await times(20, (index) => verify(store, String(tokens[index % 4])))
      assert.equal(outcomes.filter((each) => each.outcome === 'verified' && each.user.id === user.id).length, 1)
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'invalid').length, 19)
      assert.equal(await passwordOf(store, email), null)
    }
  },
  {
    promise: 'where no sign-up waits, the first proof keeps the password, and the sessions unless they are to end',
    async check(store) {
      for (const endsSessions of [true, false]) {
        const user = await createUser(store)
        const address = String(user.email)
        const session = await openSession(store, user)
        const asked = { name: 'verify-email', address, userId: user.id } as const
        const change = await handOver(store, { ...asked, name: 'change-email', address: unusedAddress() })
        const tokens = [await handOver(store, asked), await handOver(store, asked)] as const
        const proven = await verify(store, tokens[0], 1, { endsSessions })
        assert.ok(proven.outcome === 'verified' && !proven.created && !proven.handedOver)
        assert.deepEqual(proven.ended, endsSessions ? [{ id: session.id, userId: user.id }] : [])
        assert.equal(await passwordOf(store, address), HASH)
        const [second, changed] = [
          await verify(store, tokens[1], 2, { endsSessions }),
          await store.oneTimeTokens.confirmEmailChange(change, after(3))
        ]
        if (endsSessions) {
          await assertEnded(store, session, 'email-changed')
          assert.deepEqual([second, changed], [invalid, invalid])
        } else assert.deepEqual([second.outcome, changed.outcome], ['verified', 'changed'])
      }
    }
  }
]

/** The user is who they were, proven, with a letter to choose a password. */
async function assertHandedOver(
  store: AuthStore,
  proven: Awaited<ReturnType<typeof verify>>,
  { id, email, username, fields }: { id: string; email: string | null; username: string | null; fields: object },
  ended: readonly string[]
): Promise<void> {
  assert.ok(proven.outcome === 'verified' && !proven.created && proven.handedOver)
  const { user } = proven
  assert.deepEqual(
    { id: user.id, email: user.email, username: user.username, fields: user.fields },
    { id, email, username, fields }
  )
  assert.notEqual(user.emailVerifiedAt, null)
  assert.deepEqual(
    proven.ended,
    ended.map((sessionId) => ({ id: sessionId, userId: id }))
  )
  assert.equal(await passwordOf(store, String(email)), null)
  const letters = (await lettersTo(store, String(email), 3)).filter(({ name }) => name === 'reset-password')
  assert.equal(letters.length, 1)
  for (const letter of letters) assert.equal((await prepare(store, letter, 3)).outcome, 'ready')
}

async function passwordOf({ users }: AuthStore, email: string): Promise<string | null> {
  const found = await users.credential({ email })
  assert.equal(found.outcome, 'found')
  return found.credential.passwordHash
}
