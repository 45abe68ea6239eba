/** Row 52: several sign-ups wait for one address, and nobody knows which of them is its owner's. */
import assert from 'node:assert/strict'
import type { AuthStore, NewUser } from '../../store/index.ts'
import {
  closeAsSent,
  handOver,
  lettersTo,
  post,
  prepare,
  propose,
  proposeAndSend,
  unusedAddress,
  verify,
  type Waiting
} from './mail.ts'
import { after, findUser, type StorePromise, unusedName } from './promise.ts'

const HOUR = 3_600
const SHARE = { maxPerHour: 5 }

const owners = { passwordHash: 'of the owner', fields: { plan: 'free', motto: 'mine' } }
const strangers = { passwordHash: 'of the stranger', fields: { plan: 'free', motto: 'theirs' } }

export const disputedSignupPromises: readonly StorePromise[] = [
  {
    promise:
      'asked for by the address alone, a link trusts none of them, whichever came first: a user without a password',
    async check(store) {
      for (const pair of [
        [owners, strangers],
        [strangers, owners]
      ]) {
        const { email, waiting } = await dispute(store, pair)
        const token = await handOver(store, { name: 'verify-email', address: email.toUpperCase() }, 2)
        const proven = await verify(store, token, 3)
        assert.ok(proven.outcome === 'verified' && proven.created)
        const { id, username, fields } = proven.user
        assert.deepEqual([username, fields], [null, { plan: 'free' }], 'what both of them say')
        assert.equal(
          waiting.some(({ signup }) => signup.id === id),
          false
        )
        const found = await store.users.credential({ email })
        assert.ok(found.outcome === 'found' && found.credential.passwordHash === null)
        for (const { letter } of waiting) assert.deepEqual(await verify(store, letter.id, 4), { outcome: 'invalid' })

        const letters = await lettersTo(store, email, 4)
        assert.deepEqual(
          letters.map(({ name }) => name),
          ['reset-password']
        )
        for (const letter of letters) {
          const prepared = await prepare(store, letter, 4)
          assert.ok(prepared.outcome === 'ready' && prepared.user?.id === id)
          assert.equal((await store.oneTimeTokens.resetPassword(letter.id, 'chosen', after(5))).outcome, 'reset')
        }
      }
    }
  },
  {
    promise: 'a name that all of them want is kept, and another one can be chosen where they disagree',
    async check(store) {
      const [username, chosen] = [unusedName(), unusedName()]
      const agreed = await dispute(store, [{ username }, { username }])
      const kept = await verify(store, await handOver(store, { name: 'verify-email', address: agreed.email }, 2), 3)
      assert.equal(kept.outcome === 'verified' && kept.user.username, username)
      const { email } = await dispute(store, [{ username: unusedName() }, { username: unusedName() }])
      const other = await verify(store, await handOver(store, { name: 'verify-email', address: email }, 2), 3, {
        username: chosen
      })
      assert.equal(other.outcome === 'verified' && other.user.username, chosen)
    }
  },
  {
    promise: 'the letter of each still has a link of its own, and the one that is clicked wins',
    async check(store) {
      const { email, waiting } = await dispute(store, [owners, strangers])
      const token = await handOver(store, { name: 'verify-email', address: email }, 2)
      const newest = await store.oneTimeTokens.proposedPassword(email)
      assert.deepEqual(newest, { outcome: 'found', passwordHash: strangers.passwordHash })
      const [first] = waiting
      assert.ok(first)
      assert.equal((await verify(store, first.letter.id, 3)).outcome, 'verified')
      assert.equal((await findUser(store, first.signup.id)).username, first.signup.username)
      assert.deepEqual(await verify(store, token, 4), { outcome: 'invalid' })
      assert.deepEqual(await lettersTo(store, email, 4), [])
    }
  },
  {
    promise: 'what a letter leads to is decided anew whenever it is tried, and stays disputed',
    async check(store) {
      const { signup } = await proposeAndSend(store, owners)
      const asked = { name: 'verify-email', address: signup.email } as const
      const letter = await post(store, asked, 1)
      await prepare(store, letter, 1)
      await proposeAndSend(store, { ...strangers, email: signup.email }, 2)
      for (const at of [3, 4]) assert.equal((await prepare(store, letter, at)).outcome, 'ready')
      await closeAsSent(store, letter, 4)
      const again = await handOver(store, asked, 5)
      assert.equal((await verify(store, again, 6)).outcome, 'verified')
      assert.deepEqual(await verify(store, letter.id, 7), { outcome: 'invalid' })
      const found = await store.users.credential({ email: signup.email })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === null)
    }
  },
  {
    promise: 'a link that was asked for before the others came trusts none of them either',
    async check(store) {
      for (const [first, second] of [
        [owners, strangers],
        [strangers, owners]
      ]) {
        const { signup } = await proposeAndSend(store, first)
        const token = await handOver(store, { name: 'verify-email', address: signup.email }, 1)
        await proposeAndSend(store, { ...second, email: signup.email }, 2)
        const proven = await verify(store, token, 3)
        assert.ok(proven.outcome === 'verified' && proven.created)
        assert.deepEqual(proven.user.fields, { plan: 'free' })
        const found = await store.users.credential({ email: signup.email })
        assert.ok(found.outcome === 'found' && found.credential.passwordHash === null)
      }
    }
  },
  {
    promise: 'asked for while one sign-up waits, a link makes that one, password and all',
    async check(store) {
      const { signup } = await proposeAndSend(store, owners)
      const asked = { name: 'verify-email', address: signup.email } as const
      const [early, late] = [await handOver(store, asked, 1), await handOver(store, asked, 2)]
      const proven = await verify(store, late, 3)
      assert.ok(proven.outcome === 'verified' && proven.user.id === signup.id)
      assert.deepEqual(proven.user.fields, owners.fields)
      const found = await store.users.credential({ email: signup.email })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === owners.passwordHash)
      assert.deepEqual(await verify(store, early, 4), { outcome: 'invalid' })
    }
  },
  {
    promise: 'what no user is without is the newest sign-up\u2019s, whether settled when it is sent or when it is used',
    async check(store) {
      const required = ['username', 'motto', 'terms']
      for (const isLate of [false, true]) {
        const username = unusedName()
        const { signup } = await proposeAndSend(store, { ...strangers, username: unusedName() })
        const newest = { ...owners, email: signup.email, username }
        if (!isLate) await proposeAndSend(store, newest, 1)
        const letter = await post(store, { name: 'verify-email', address: signup.email }, 2)
        assert.equal((await prepare(store, letter, 2, { required })).outcome, 'ready')
        if (isLate) await proposeAndSend(store, newest, 3)
        const proven = await verify(store, letter.id, 4, { required })
        assert.ok(proven.outcome === 'verified')
        assert.deepEqual([proven.user.username, proven.user.fields], [username, owners.fields])
        const found = await store.users.credential({ email: signup.email })
        assert.ok(found.outcome === 'found' && found.credential.passwordHash === null)
      }
    }
  },
  {
    promise: 'of very many sign-ups nothing is kept, not even what the newest agree on',
    async check(store) {
      const email = unusedAddress()
      for (let at = 0; at < 30; at++) await propose(store, { ...owners, email }, at)
      const token = await handOver(store, { name: 'verify-email', address: email }, 40)
      const proven = await verify(store, token, 41)
      assert.ok(proven.outcome === 'verified')
      assert.deepEqual(proven.user.fields, {})
      assert.deepEqual(await verify(store, token, 42), { outcome: 'invalid' })
    }
  },
  {
    promise: 'the letter to choose a password goes, however many the address had, and only that one',
    async check(store) {
      const { email } = await dispute(store, [owners, strangers, strangers, strangers])
      const token = await handOver(store, { name: 'verify-email', address: email }, 4)
      assert.equal((await verify(store, token, 5)).outcome, 'verified')
      const asked = await post(store, { name: 'reset-password', address: email }, 6)
      const outcomes = new Map<boolean, string>()
      for (const letter of await lettersTo(store, email, 6)) {
        outcomes.set(letter.id === asked.id, (await prepare(store, letter, 6, SHARE)).outcome)
      }
      assert.deepEqual(
        outcomes,
        new Map([
          [false, 'ready'],
          [true, 'wait']
        ])
      )
    }
  },
  {
    promise:
      'in a full mailbox the newest sign-up waits for its turn, and one letter without a password for all the others',
    async check(store) {
      const email = unusedAddress()
      for (const at of [0, 1, 2, 3, 4]) await proposeAndSend(store, { ...strangers, email }, at)
      const held: Waiting[] = []
      for (const given of [owners, strangers, strangers, strangers]) {
        held.push(await propose(store, { ...given, email }, 5 + held.length))
      }
      const wait = async (at: number) => {
        for (const letter of await lettersTo(store, email, at)) await prepare(store, letter, at, SHARE)
        return (await lettersTo(store, email, at)).map(({ id, userId }) => [id, userId])
      }
      await wait(10)
      const [own, stranger, latest, newest] = held
      assert.ok(own && stranger && latest && newest)
      const open = await wait(11)
      const leasedUntil = after(11).now
      for (const { letter } of [own, stranger])
        assert.deepEqual(await prepare(store, { ...letter, leasedUntil }, 12, SHARE), { outcome: 'moot' })
      assert.ok(open.some(([id, userId]) => id === newest.letter.id && userId === newest.signup.id))
      assert.ok(open.some(([id, userId]) => id === latest.letter.id && userId === null))

      const byAddress = { ...latest.letter, userId: null, leasedUntil }
      assert.equal((await prepare(store, byAddress, HOUR + 10, SHARE)).outcome, 'ready')
      assert.equal((await verify(store, latest.letter.id, HOUR + 11)).outcome, 'verified')
      const found = await store.users.credential({ email })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === null)
    }
  }
]

/** Two sign-ups with one address, whose letters have been sent. */
async function dispute(store: AuthStore, given: readonly Partial<NewUser>[]) {
  const email = unusedAddress()
  const waiting: Waiting[] = []
  for (const each of given) {
    waiting.push(await proposeAndSend(store, { username: unusedName(), ...each, email }, waiting.length))
  }
  return { email, waiting }
}
