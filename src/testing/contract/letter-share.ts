/** How many letters an address gets: whoever asks for more of them must not fill somebody else's mailbox. */
import assert from 'node:assert/strict'
import type { AuthStore, PreparedLetter } from '../../store/index.ts'
import { claim, closeAsSent, lettersTo, newNotice, post, prepare, unusedAddress } from './mail.ts'
import { after, createUser, type StorePromise, tally, times } from './promise.ts'

const HOUR = 3_600
const wait = { outcome: 'wait' }

export const letterSharePromises: readonly StorePromise[] = [
  {
    promise: 'an address gets five letters an hour, and the next when the first is an hour old, to the second',
    async check(store) {
      const { email } = await createUser(store)
      const address = String(email)
      for (const at of [0, 10, 20, 30, 40]) assert.equal((await ask(store, address, at)).outcome, 'ready')
      assert.deepEqual(await ask(store, address, 50), wait)
      assert.deepEqual(await ask(store, address.toUpperCase(), HOUR - 1), wait)
      assert.equal((await ask(store, address, HOUR + 1)).outcome, 'ready')
      assert.deepEqual(await ask(store, address, HOUR + 9), wait)
    }
  },
  {
    promise: 'the newest letter is never the one that is held back',
    async check(store) {
      const { email } = await createUser(store)
      const address = String(email)
      for (const at of [0, 1, 2, 3, 4, 5]) await ask(store, address, at)
      const newest = await post(store, { name: 'reset-password', address }, 6)
      const [waiting, ...others] = await lettersTo(store, address, 7)
      assert.ok(waiting?.id === newest.id && others.length === 0)
      assert.equal((await prepare(store, waiting, HOUR + 1, { maxPerHour: 5 })).outcome, 'ready')
    }
  },
  {
    promise: 'another address, or no limit, holds nothing back',
    async check(store) {
      const [one, other] = [await createUser(store), await createUser(store)]
      for (const at of [0, 1, 2, 3, 4]) await ask(store, String(one.email), at)
      assert.equal((await ask(store, String(other.email), 5)).outcome, 'ready')
      assert.equal((await ask(store, String(one.email), 5, null)).outcome, 'ready')
    }
  },
  {
    promise: 'letters that were closed so long ago are forgotten, no later ones and none that is open',
    async check(store) {
      const { email } = await createUser(store)
      const address = String(email)
      await ask(store, address, 0)
      await ask(store, address, 10)
      const open = await post(store, { name: 'verify-email', address }, 0)
      const share = async () => (await prepare(store, open, 40, { maxPerHour: 1 })).outcome
      for (const seconds of [41, 40, 30]) {
        await store.letters.forget(seconds, after(40))
        assert.equal(await share(), 'wait')
      }
      await store.letters.forget(29, after(40))
      assert.equal(await share(), 'ready')
    }
  },
  {
    promise: 'notices count, and are never held back',
    async check(store) {
      const user = await createUser(store)
      const address = String(user.email)
      for (const at of [0, 1, 2, 3, 4, 5]) {
        await store.users.setPassword(user.id, 'new', { ...after(at), notice: newNotice('password-changed') })
        const [notice] = await lettersTo(store, address, at)
        assert.ok(notice)
        assert.equal((await prepare(store, notice, at, { maxPerHour: 5 })).outcome, 'ready')
        await closeAsSent(store, notice, at)
      }
      assert.deepEqual(await ask(store, address, 6), wait)
    }
  },
  {
    promise: 'letters that were moot, or abandoned, do not count',
    async check(store) {
      const { email } = await createUser(store)
      const address = String(email)
      for (const outcome of ['moot', 'abandoned'] as const) {
        const letter = await post(store, { name: 'reset-password', address })
        await store.letters.close(await claim(store, letter), outcome, after(0))
      }
      assert.equal((await ask(store, address, 1, 1)).outcome, 'ready')
    }
  },
  {
    promise: 'a letter that was sent counts, whatever a process says that comes later',
    async check(store) {
      const { email } = await createUser(store)
      const letter = await post(store, { name: 'reset-password', address: String(email) })
      const claimed = await claim(store, letter)
      for (const outcome of ['sent', 'abandoned'] as const) await store.letters.close(claimed, outcome, after(0))
      assert.deepEqual(await ask(store, String(email), 1, 1), wait)
    }
  },
  {
    promise: 'of eight letters that are in hands at the same time, five go',
    async check(store) {
      const address = unusedAddress()
      await times(8, async () => {
        const { id: userId } = await createUser(store)
        await post(store, { name: 'change-email', address, userId })
      })
      const claimed = await store.letters.claim({ limit: 100_000, leaseSeconds: 30, early: false }, after(0))
      const own = claimed.filter((letter) => letter.address === address)
      const prepared = await Promise.all(own.map((letter) => prepare(store, letter, 1, { maxPerHour: 5 })))
      assert.deepEqual(tally(prepared.toSorted((one, other) => one.outcome.localeCompare(other.outcome))), {
        ready: 5,
        wait: 3
      })
    }
  }
]

/** Asks for a letter, and sends it when it may go; otherwise it stays. */
async function ask(
  store: AuthStore,
  address: string,
  at: number,
  maxPerHour: number | null = 5
): Promise<PreparedLetter> {
  const letter = await post(store, { name: 'reset-password', address }, at)
  const prepared = await prepare(store, letter, at, { maxPerHour })
  if (prepared.outcome === 'ready') await closeAsSent(store, letter, at)
  return prepared
}
