import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type { AuthStore, ClaimedLetter, NewLetter } from '../../store/index.ts'
import { claim, closeAsSent, lettersTo, post, prepare, unusedAddress } from './mail.ts'
import { after, createUser, newUser, type StorePromise, times } from './promise.ts'

export const letterPromises: readonly StorePromise[] = [
  {
    promise: 'a letter is claimed as it was posted',
    async check(store) {
      const asked = { name: 'change-email', address: unusedAddress(), userId: uuidv7(), sessionId: uuidv7() } as const
      const letter = await post(store, asked)
      assert.deepEqual(await lettersTo(store, asked.address), [{ ...letter, attempts: 0, leasedUntil: after(0).now }])
    }
  },
  {
    promise: 'what was claimed is for nobody else until the lease is over, to the second',
    async check(store) {
      const letter = await postReset(store)
      assert.equal(await isClaimed(store, letter, 0), true)
      assert.equal(await isClaimed(store, letter, 29), false)
      assert.equal(await isClaimed(store, letter, 29, { early: true }), false)
      assert.equal(await isClaimed(store, letter, 31), true)
    }
  },
  {
    promise: 'the letters that have been due the longest are claimed first, and no more than asked for',
    async check(store) {
      await store.letters.claim({ limit: 100_000, leaseSeconds: 10_000_000, early: true }, after(0))
      const letters: NewLetter[] = []
      for (const at of [3, 1, 2]) letters[at] = await postReset(store, at - 1_000_000)
      const claim = { limit: 2, leaseSeconds: 30, early: false }
      const claimed = await store.letters.claim(claim, after(-999_990))
      assert.deepEqual(ids(claimed), ids([letters[1], letters[2]]))
      assert.deepEqual(ids(await store.letters.claim(claim, after(-999_990))), ids([letters[3]]))
    }
  },
  {
    promise: 'a letter that failed is due again after its pause, and the attempt is counted',
    async check(store) {
      const letter = await postReset(store)
      await store.letters.postpone(await claim(store, letter), 60, 'failed', after(1))
      assert.equal(await isClaimed(store, letter, 60), false)
      await store.letters.postpone(await claim(store, letter, 62), 60, 'failed', after(62))
      assert.equal((await lettersTo(store, letter.address, 63))[0]?.attempts, 2)
    }
  },
  {
    promise: 'a letter that was held back is due again after its pause, and no attempt is counted',
    async check(store) {
      const letter = await postReset(store)
      await store.letters.postpone(await claim(store, letter), 60, 'held-back', after(1))
      assert.equal(await isClaimed(store, letter, 60), false)
      assert.equal((await lettersTo(store, letter.address, 62))[0]?.attempts, 0)
    }
  },
  {
    promise: 'asked for early, a letter is claimed before it is due',
    async check(store) {
      const letter = await postReset(store)
      await store.letters.postpone(await claim(store, letter), 60, 'failed', after(0))
      assert.equal(await isClaimed(store, letter, 1), false)
      assert.equal(await isClaimed(store, letter, 1, { early: true }), true)
    }
  },
  {
    promise: 'a closed letter is never claimed again, and comes back by nothing',
    async check(store) {
      const { email } = await createUser(store)
      for (const outcome of ['sent', 'moot', 'abandoned'] as const) {
        const letter = await post(store, { name: 'reset-password', address: String(email) })
        const claimed = await claim(store, letter)
        await store.letters.close(claimed, outcome, after(1))
        await store.letters.postpone(claimed, 0, 'failed', after(2))
        assert.equal(await isClaimed(store, letter, 100, { early: true }), false)
        assert.deepEqual(await prepare(store, letter, 100), { outcome: 'moot' })
      }
    }
  },
  {
    promise:
      'whoever held a letter for too long does not send it, give it back or give it up in the hands of another one',
    async check(store) {
      const { email } = await createUser(store)
      const letter = await post(store, { name: 'reset-password', address: String(email) })
      const slow = await claim(store, letter)
      const other = await claim(store, letter, 31)
      assert.deepEqual(await prepare(store, slow, 32), { outcome: 'moot' })
      assert.equal((await prepare(store, other, 32)).outcome, 'ready')
      await store.letters.postpone(slow, 0, 'failed', after(32))
      for (const outcome of ['moot', 'abandoned'] as const) await store.letters.close(slow, outcome, after(32))
      assert.equal(await isClaimed(store, letter, 33, { early: true }), false)
      await store.letters.postpone(other, 10, 'failed', after(34))
      assert.equal((await claim(store, letter, 45)).attempts, 1)
    }
  },
  {
    promise: 'what somebody has sent is sent, in whose hands it may be',
    async check(store) {
      const letter = await postReset(store)
      const slow = await claim(store, letter)
      const other = await claim(store, letter, 31)
      await store.letters.close(slow, 'sent', after(32))
      assert.deepEqual(await prepare(store, other, 33), { outcome: 'moot' })
      await store.letters.postpone(other, 0, 'failed', after(34))
      assert.equal(await isClaimed(store, letter, 100, { early: true }), false)
    }
  },
  {
    promise: 'of 200 letters, no two of four claimers get the same one, and none is left behind',
    async check(store) {
      const posted = await times(200, () => postReset(store))
      const wanted = new Set(ids(posted))
      const claimed = await times(4, async () => {
        const own: ClaimedLetter[] = []
        for (;;) {
          const batch = await store.letters.claim({ limit: 10, leaseSeconds: 30, early: false }, after(0))
          if (batch.length === 0) return own
          own.push(...batch)
        }
      })
      const got = ids(claimed.flat()).filter((id) => wanted.has(id))
      assert.equal(got.length, 200)
      assert.equal(new Set(got).size, 200)
    }
  },
  {
    promise: 'an unsent letter is replaced by a newer one of its name to its address, in any case of letters',
    async check(store) {
      const address = unusedAddress()
      const older = await post(store, { name: 'reset-password', address })
      await store.letters.postpone(await claim(store, older), 60, 'failed', after(1))
      const other = await post(store, { name: 'verify-email', address })
      const newer = await post(store, { name: 'reset-password', address: address.toUpperCase() }, 2)
      assert.deepEqual(ids(await lettersTo(store, address, 3)), ids([other, newer]))
      assert.deepEqual(await prepare(store, older, 3), { outcome: 'moot' })
    }
  },
  {
    promise: 'a letter that is in hands is not taken from them, but is moot while a newer one waits',
    async check(store) {
      const { email } = await createUser(store)
      const asked = { name: 'reset-password', address: String(email) } as const
      const older = await claim(store, await post(store, asked))
      const newer = await post(store, asked, 1)
      assert.deepEqual(await prepare(store, older, 2), { outcome: 'moot' })
      assert.equal((await prepare(store, newer, 2)).outcome, 'ready')
      await closeAsSent(store, newer, 3)
      assert.equal((await prepare(store, older, 4)).outcome, 'ready')
    }
  },
  {
    promise: 'what one user asked for is not taken back by another one who wants the same address',
    async check(store) {
      const address = unusedAddress()
      const [one, other] = [await createUser(store), await createUser(store)]
      const first = await post(store, { name: 'change-email', address, userId: one.id })
      const second = await post(store, { name: 'change-email', address, userId: other.id }, 1)
      assert.deepEqual(ids(await lettersTo(store, address, 2)), ids([first, second]))
      assert.equal((await prepare(store, first, 2)).outcome, 'ready')
      const third = await post(store, { name: 'change-email', address, userId: one.id }, 3)
      assert.deepEqual(ids(await lettersTo(store, address, 4)), ids([second, third]))
    }
  },
  {
    promise: 'of 20 letters posted at the same time for one address, one goes',
    async check(store) {
      const { email } = await createUser(store)
      const posted = await times(20, () => post(store, { name: 'reset-password', address: String(email) }))
      const prepared = await times(20, (index) => prepare(store, posted[index] as NewLetter))
      assert.equal(prepared.filter(({ outcome }) => outcome === 'ready').length, 1)
    }
  },
  {
    promise: 'a new user and the letter that asks them to prove their address are there together or not at all',
    async check(store) {
      const user = newUser({ email: unusedAddress() })
      const address = String(user.email)
      const letter = { id: uuidv7(), name: 'verify-email', address, userId: user.id, sessionId: null } as const
      assert.equal((await store.users.create(user, { ...after(0), letter })).outcome, 'done')
      assert.deepEqual(await lettersTo(store, address), [{ ...letter, attempts: 0, leasedUntil: after(0).now }])

      const again = { ...letter, id: uuidv7() }
      const created = await store.users.create(newUser({ email: address }), { ...after(0), letter: again })
      assert.deepEqual(created, { outcome: 'email-taken' })
      assert.deepEqual(ids(await lettersTo(store, address)), [letter.id])
    }
  },
  {
    promise: 'without a time given, the clock of the database says what is due',
    async check({ letters }) {
      const letter = { name: 'reset-password', address: unusedAddress(), userId: null, sessionId: null } as const
      const [due, later] = [uuidv7(), uuidv7()]
      for (const id of [due, later]) await letters.post({ ...letter, id, address: unusedAddress() })
      const claimed = await letters.claim({ limit: 100_000, leaseSeconds: 0, early: false })
      for (const each of claimed.filter(({ id }) => id === later)) await letters.postpone(each, 3_600, 'failed')
      const dueNow = await letters.claim({ limit: 100_000, leaseSeconds: 0, early: false })
      assert.deepEqual([ids(dueNow).includes(due), ids(dueNow).includes(later)], [true, false])
      for (const id of [due, later]) await letters.close({ id, leasedUntil: new Date() }, 'sent')
    }
  }
]

function postReset(store: AuthStore, at = 0): Promise<NewLetter> {
  return post(store, { name: 'reset-password', address: unusedAddress() }, at)
}

/** Claims what is due for thirty seconds, and tells whether the letter was among it. */
async function isClaimed(store: AuthStore, { id }: NewLetter, at: number, { early = false } = {}): Promise<boolean> {
  return ids(await store.letters.claim({ limit: 100_000, leaseSeconds: 30, early }, after(at))).includes(id)
}

function ids(letters: readonly ({ readonly id: string } | undefined)[]): string[] {
  return letters.map((letter) => String(letter?.id)).sort()
}
