import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type { UserRecord } from '../../store/index.ts'
import {
  handOver,
  lettersTo,
  newNotice,
  post,
  prepare,
  propose,
  proposeAndSend,
  unusedAddress,
  verify
} from './mail.ts'
import { after, createUser, findUser, newUser, type StorePromise, unusedName } from './promise.ts'

const moot = { outcome: 'moot' }

export const destinationPromises: readonly StorePromise[] = [
  {
    promise: 'EM6: a letter that was asked for by an address in other letters goes to the stored one',
    async check(store) {
      for (const name of ['verify-email', 'reset-password'] as const) {
        const user = await createUser(store, { email: unusedAddress() })
        const address = String(user.email)
        for (const asked of [address, address.toUpperCase(), address.toLowerCase()]) {
          const prepared = await prepare(store, await post(store, { name, address: asked }))
          assert.deepEqual(prepared, { outcome: 'ready', name, address, user, hasToken: true })
        }
      }
    }
  },
  {
    promise: 'EM6: an address that only looks like a stored one belongs to nobody',
    async check(store) {
      const name = unusedName()
      await createUser(store, { email: `${name}k@example.test` })
      for (const letter of ['\u212a', 'k ', 'k\u200b', 'ｋ', 'к']) {
        const asked = { name: 'reset-password', address: `${name}${letter}@example.test` } as const
        assert.deepEqual(await prepare(store, await post(store, asked)), moot)
      }
    }
  },
  {
    promise: 'a letter to prove an address goes to its user, unless there is nothing left to prove',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      const asked = { name: 'verify-email', address, userId: user.id } as const
      const ready = { outcome: 'ready', name: 'verify-email', address, user, hasToken: true }
      assert.deepEqual(await prepare(store, await post(store, asked)), ready)
      await verify(store, await handOver(store, asked))
      assert.deepEqual(await prepare(store, await post(store, asked, 2), 2), moot)
      assert.deepEqual(await prepare(store, await post(store, { ...asked, userId: null }, 2), 2), moot)
      const nameless = await createUser(store, { email: null })
      assert.deepEqual(await prepare(store, await post(store, { ...asked, userId: nameless.id }, 3), 3), moot)
      for (const userId of [uuidv7(), null]) {
        assert.deepEqual(await prepare(store, await post(store, { ...asked, address: unusedAddress(), userId })), moot)
      }
    }
  },
  {
    promise: 'a letter to reset a password goes to nobody who is unknown or disabled',
    async check(store) {
      const user = await createUser(store)
      const asked = { name: 'reset-password', address: String(user.email) } as const
      await store.users.setDisabled(user.id, true)
      assert.deepEqual(await prepare(store, await post(store, asked)), moot)
      await store.users.delete(user.id)
      assert.deepEqual(await prepare(store, await post(store, asked, 1), 1), moot)
    }
  },
  {
    promise: 'a letter to change an address goes to the new one, as it was asked for',
    async check(store) {
      const user = await createUser(store)
      const address = unusedAddress()
      const asked = { name: 'change-email', address, userId: user.id } as const
      const ready = { outcome: 'ready', name: 'change-email', address, user, hasToken: true }
      assert.deepEqual(await prepare(store, await post(store, asked)), ready)
      const spelling = { ...asked, address: String(user.email).toUpperCase() }
      assert.deepEqual(await prepare(store, await post(store, spelling)), { ...ready, address: spelling.address })
      assert.deepEqual(await prepare(store, await post(store, { ...asked, userId: uuidv7() })), moot)
    }
  },
  {
    promise: 'where another user has the new address, they are told so at the one that is stored',
    async check(store) {
      const [user, other] = [await createUser(store), await createUser(store, { email: unusedAddress() })]
      const asked = { name: 'change-email', address: String(other.email).toLowerCase(), userId: user.id } as const
      const prepared = await prepare(store, await post(store, asked))
      assert.deepEqual(prepared, accountExists(other))
    }
  },
  {
    promise: 'a sign-up that waits is written to at its address as typed, and is no user',
    async check(store) {
      const { signup, letter } = await propose(store, { email: unusedAddress() })
      const ready = { outcome: 'ready', name: 'verify-email', address: signup.email, user: null, hasToken: true }
      assert.deepEqual(await prepare(store, letter), ready)
      assert.deepEqual(await store.users.find(signup.id), { outcome: 'unknown' })
      assert.deepEqual(await store.users.credential({ email: signup.email }), { outcome: 'unknown' })
    }
  },
  {
    promise: 'a sign-up with an address that a user has proven is told to that user, however often the letter is tried',
    async check(store) {
      const { token, signup } = await proposeAndSend(store)
      await verify(store, token)
      const user = await findUser(store, signup.id)
      const { letter } = await propose(store, { email: signup.email.toUpperCase() }, 2)
      for (const at of [2, 3]) assert.deepEqual(await prepare(store, letter, at), accountExists(user))
      assert.deepEqual(await verify(store, letter.id, 4), { outcome: 'invalid' })
      assert.deepEqual(await store.oneTimeTokens.proposedPassword(signup.email), { outcome: 'unknown' })
    }
  },
  {
    promise:
      'the letter of a sign-up with an address that a user has not proven goes to it as it is stored, and tells nothing of them',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      const { letter } = await propose(store, { email: address.toUpperCase(), passwordHash: 'of the stranger' })
      const prepared = await prepare(store, letter)
      assert.deepEqual(prepared, { outcome: 'ready', name: 'verify-email', address, user: null, hasToken: true })
      const proven = await verify(store, letter.id)
      assert.ok(proven.outcome === 'verified' && !proven.created && proven.user.id === user.id)
    }
  },
  {
    promise:
      'asked for again, the letter of the one sign-up that waits has a link for it, however often and however late',
    async check(store) {
      const { signup, token } = await proposeAndSend(store)
      const asked = { name: 'verify-email', address: signup.email.toUpperCase() } as const
      await handOver(store, asked, 1)
      const again = await handOver(store, asked, 5_000)
      assert.deepEqual(await verify(store, token, 5_001), { outcome: 'invalid' })
      const proven = await verify(store, again, 5_002)
      assert.ok(proven.outcome === 'verified' && proven.created)
      assert.deepEqual([proven.user.id, proven.user.email], [signup.id, signup.email])
      const found = await store.users.credential({ id: signup.id })
      assert.ok(found.outcome === 'found' && found.credential.passwordHash === signup.passwordHash)
      assert.deepEqual(await lettersTo(store, signup.email, 5_003), [])
    }
  },
  {
    promise: 'the letter of a sign-up whose address was proven meanwhile is moot',
    async check(store) {
      const older = await proposeAndSend(store)
      const { letter } = await propose(store, { email: older.signup.email }, 1)
      await verify(store, older.token, 2)
      assert.deepEqual(await prepare(store, letter, 3), moot)
      assert.deepEqual(await prepare(store, older.letter, 3), moot)
    }
  },
  {
    promise: 'every notice goes where it was sent, with its user as long as there is one',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      for (const at of [0, 1]) {
        await store.users.setPassword(user.id, 'new', { ...after(at), notice: newNotice('password-changed') })
      }
      await store.users.delete(user.id, { ...after(1), notice: newNotice('account-deleted') })
      const letters = await lettersTo(store, address, 2)
      const names = letters.map(({ name }) => name).sort()
      assert.deepEqual(names, ['account-deleted', 'password-changed', 'password-changed'])
      for (const letter of letters) {
        const ready = { outcome: 'ready', name: letter.name, address, user: null, hasToken: false }
        assert.deepEqual(await prepare(store, letter, 2), ready)
      }
      const other = await createUser(store, newUser())
      await store.users.setPassword(other.id, 'new', { ...after(0), notice: newNotice('password-changed') })
      const [letter] = await lettersTo(store, String(other.email), 2)
      const prepared = letter && (await prepare(store, letter, 2))
      assert.deepEqual(prepared?.outcome === 'ready' && prepared.user, await findUser(store, other.id))
    }
  }
]

function accountExists(user: UserRecord): object {
  return { outcome: 'ready', name: 'account-exists', address: user.email, user, hasToken: false }
}
