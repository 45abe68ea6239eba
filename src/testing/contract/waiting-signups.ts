/** Sign-ups that wait for the proof of their address: whoever cannot read its letters gets nothing by them. */
import assert from 'node:assert/strict'
import {
  handOver,
  lettersTo,
  post,
  prepare,
  propose,
  proposeAndSend,
  unusedAddress,
  VERIFY_SECONDS,
  verify
} from './mail.ts'
import { after, createUser, HASH, type StorePromise, times, unusedName } from './promise.ts'

const invalid = { outcome: 'invalid' }

export const waitingSignupPromises: readonly StorePromise[] = [
  {
    promise: 'the proof of its address makes a user of a sign-up, as it was proposed',
    async check(store) {
      const given = {
        email: unusedAddress(),
        username: unusedName(),
        fields: { plan: { name: 'pro', list: [1, null] } }
      }
      const { signup, token } = await proposeAndSend(store, given)
      const user = {
        id: signup.id,
        ...given,
        emailVerifiedAt: after(1).now,
        sessionEpoch: 0,
        disabledAt: null,
        createdAt: after(1).now,
        updatedAt: after(1).now
      }
      assert.deepEqual(await verify(store, token), {
        outcome: 'verified',
        user,
        created: true,
        handedOver: false,
        ended: []
      })
      const found = await store.users.credential({ username: given.username })
      assert.deepEqual(found, { outcome: 'found', credential: { user, passwordHash: HASH } })
    }
  },
  {
    promise: 'EM2: of 100 parallel proofs of one sign-up, one makes the user',
    async check(store) {
      const { token } = await proposeAndSend(store)
      const outcomes = await times(100, () => verify(store, token))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'verified').length, 1)
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'invalid').length, 99)
      assert.deepEqual(await verify(store, token), invalid)
    }
  },
  {
    promise: 'of parallel proofs of 10 sign-ups with one address, one makes the user',
    async check(store) {
      const email = unusedAddress()
      const tokens: string[] = []
      while (tokens.length < 10) tokens.push((await proposeAndSend(store, { email })).token)
      const outcomes = await times(50, (index) => verify(store, String(tokens[index % 10])))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'verified').length, 1)
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'invalid').length, 49)
    }
  },
  {
    promise: 'EM3: a sign-up that waits is proven from when its letter is handed over, to the second',
    async check(store) {
      const { letter } = await propose(store)
      assert.deepEqual(await verify(store, letter.id), invalid)
      const [early, late] = [await proposeAndSend(store), await proposeAndSend(store)]
      assert.equal((await verify(store, early.token, VERIFY_SECONDS - 1)).outcome, 'verified')
      assert.deepEqual(await verify(store, late.token, VERIFY_SECONDS), invalid)
    }
  },
  {
    promise: 'its token is good for nothing else',
    async check({ oneTimeTokens, ...store }) {
      const all = { ...store, oneTimeTokens }
      const { token } = await proposeAndSend(all)
      assert.deepEqual(await oneTimeTokens.readReset(token, after(1)), invalid)
      assert.deepEqual(await oneTimeTokens.resetPassword(token, 'reset', after(1)), invalid)
      assert.deepEqual(await oneTimeTokens.confirmEmailChange(token, after(1)), invalid)
    }
  },
  {
    promise:
      'pre-hijacking: of two sign-ups with one address the one whose letter is answered lives, and the other dies',
    async check(store) {
      for (const clicked of [0, 1]) {
        const email = unusedAddress()
        const first = await proposeAndSend(store, { email, passwordHash: 'of the first' })
        const second = await proposeAndSend(store, { email: email.toUpperCase(), passwordHash: 'of the second' }, 1)
        const [winner, loser] = clicked === 0 ? [first, second] : [second, first]
        assert.equal((await verify(store, winner.token, 2)).outcome, 'verified')
        assert.deepEqual(await verify(store, loser.token, 3), invalid)
        const found = await store.users.credential({ email })
        assert.ok(found.outcome === 'found' && found.credential.passwordHash === winner.signup.passwordHash)
        await store.users.delete(winner.signup.id)
        assert.deepEqual(await verify(store, loser.token, 4), invalid)
        assert.deepEqual(await store.oneTimeTokens.proposedPassword(email), { outcome: 'unknown' })
      }
    }
  },
  {
    promise: 'pre-hijacking: no sign-up takes back the letter of another one, nor does whoever asks for it again',
    async check(store) {
      const { signup, letter } = await propose(store)
      const { email } = signup
      const others = [await propose(store, { email }, 1), await propose(store, { email: email.toUpperCase() }, 2)]
      await post(store, { name: 'verify-email', address: email }, 3)
      const again = await post(store, { name: 'verify-email', address: email.toLowerCase() }, 4)
      const own = [letter, ...others.map((other) => other.letter)]
      const letters = await lettersTo(store, email, 5)
      assert.deepEqual(letters.map(({ id }) => id).sort(), [...own, again].map(({ id }) => id).sort())
      for (const each of own) assert.equal((await prepare(store, each, 5)).outcome, 'ready')
      assert.equal((await verify(store, letter.id, 6)).outcome, 'verified')
      const found = await store.users.credential({ email })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === signup.passwordHash)
    }
  },
  {
    promise: 'a sign-up that waits reserves no address, and dies when a user has proven it',
    async check(store) {
      const { signup, token } = await proposeAndSend(store)
      const user = await createUser(store, { email: signup.email.toUpperCase() })
      const reset = await handOver(store, { name: 'reset-password', address: signup.email })
      assert.equal((await store.oneTimeTokens.resetPassword(reset, HASH, after(1))).outcome, 'reset')
      assert.deepEqual(await verify(store, token, 2), invalid)
      const moved = await createUser(store)
      const waiting = await proposeAndSend(store)
      const { email } = waiting.signup
      const change = await handOver(store, { name: 'change-email', address: email, userId: moved.id })
      assert.equal((await store.oneTimeTokens.confirmEmailChange(change, after(1))).outcome, 'changed')
      assert.deepEqual(await verify(store, waiting.token), invalid)
      assert.notEqual(user.id, signup.id)
    }
  },
  {
    promise: 'a sign-up that waits reserves no username: whoever finds it taken may choose another with the same token',
    async check(store) {
      const username = unusedName()
      const { token } = await proposeAndSend(store, { username })
      await createUser(store, { username: username.toUpperCase() })
      const taken = { outcome: 'username-taken' }
      for (const name of [undefined, username])
        assert.deepEqual(await verify(store, token, 1, { username: name }), taken)
      const other = unusedName()
      const verified = await verify(store, token, 2, { username: other })
      assert.equal(verified.outcome === 'verified' && verified.user.username, other)
      assert.deepEqual(await verify(store, token, 3, { username: unusedName() }), invalid)
    }
  },
  {
    promise: 'the password of the newest sign-up that waits for an address is known, in any case of letters',
    async check(store) {
      const { signup } = await propose(store, { email: unusedAddress(), passwordHash: 'of the first' })
      const { email } = signup
      const { letter } = await propose(store, { email: email.toUpperCase(), passwordHash: null }, 1)
      for (const asked of [email, email.toLowerCase()]) {
        const found = await store.oneTimeTokens.proposedPassword(asked)
        assert.deepEqual(found, { outcome: 'found', passwordHash: null })
      }
      await propose(store, { email, passwordHash: 'of the third' }, 2)
      const newest = await store.oneTimeTokens.proposedPassword(email)
      assert.deepEqual(newest, { outcome: 'found', passwordHash: 'of the third' })
      assert.deepEqual(await store.oneTimeTokens.proposedPassword(unusedAddress()), { outcome: 'unknown' })
      assert.deepEqual(await verify(store, letter.id, 3), invalid)
    }
  }
]
