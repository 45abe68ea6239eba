import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type { AuthStore, UserRecord } from '../../store/index.ts'
import { type Asked, handOver, post, prepare, RESET_SECONDS, unusedAddress, VERIFY_SECONDS, verify } from './mail.ts'
import { after, createUser, findUser, type StorePromise, times } from './promise.ts'

const invalid = { outcome: 'invalid' }

interface Kind {
  readonly name: string
  readonly seconds: number
  letter(user: UserRecord): Asked
  use(store: AuthStore, token: string, at?: number): Promise<{ readonly outcome: string }>
  readonly used: string
}

const verification: Kind = {
  name: 'a verification',
  seconds: VERIFY_SECONDS,
  letter: ({ id, email }) => ({ name: 'verify-email', address: String(email), userId: id }),
  use: verify,
  used: 'verified'
}
const reset: Kind = {
  name: 'a reset',
  seconds: RESET_SECONDS,
  letter: ({ email }) => ({ name: 'reset-password', address: String(email) }),
  use: ({ oneTimeTokens }, token, at = 1) => oneTimeTokens.resetPassword(token, 'reset', after(at)),
  used: 'reset'
}
const emailChange: Kind = {
  name: 'an e-mail change',
  seconds: VERIFY_SECONDS,
  letter: ({ id }) => ({ name: 'change-email', address: unusedAddress(), userId: id }),
  use: ({ oneTimeTokens }, token, at = 1) => oneTimeTokens.confirmEmailChange(token, after(at)),
  used: 'changed'
}

/** Every token that a user can have. */
const kinds: readonly Kind[] = [verification, reset, emailChange]

/** After which no link from before is good. */
const changes: Readonly<Record<string, (store: AuthStore, user: UserRecord) => Promise<unknown>>> = {
  'a new password': ({ users }, { id }) => users.setPassword(id, 'new', after(1)),
  'a changed password': ({ users }, { id, sessionEpoch: epoch }) =>
    users.changePassword({ id, epoch, hash: 'new' }, after(1)),
  'a reset': async (store, user) => reset.use(store, await handOver(store, reset.letter(user))),
  'a new address': async (store, user) => emailChange.use(store, await handOver(store, emailChange.letter(user))),
  'a deletion': ({ users }, { id }) => users.delete(id, after(1))
}

export const oneTimeTokenPromises: readonly StorePromise[] = kinds.flatMap((kind): StorePromise[] => [
  {
    promise: `EM2: of 100 parallel uses of ${kind.name} token, one succeeds`,
    async check(store) {
      const token = await handOver(store, kind.letter(await createUser(store)))
      const outcomes = await times(100, () => kind.use(store, token))
      assert.deepEqual(outcomes.filter(({ outcome }) => outcome === kind.used).length, 1)
      assert.deepEqual(outcomes.filter(({ outcome }) => outcome === 'invalid').length, 99)
      assert.deepEqual(await kind.use(store, token), invalid)
    }
  },
  {
    promise: `EM3: ${kind.name} token lives from when its letter is handed over, to the second`,
    async check(store) {
      const letter = await post(store, kind.letter(await createUser(store)))
      assert.deepEqual(await kind.use(store, letter.id), invalid)
      await prepare(store, letter, 500)
      assert.deepEqual(await kind.use(store, letter.id, 500 + kind.seconds), invalid)
      assert.equal((await kind.use(store, letter.id, 500 + kind.seconds - 1)).outcome, kind.used)
    }
  },
  {
    promise: `tried again, the letter of ${kind.name} token starts its life again, and never that of a used one`,
    async check(store) {
      const letter = await post(store, kind.letter(await createUser(store)))
      await prepare(store, letter, 0)
      await prepare(store, letter, 5_000)
      assert.equal((await kind.use(store, letter.id, 5_000 + kind.seconds - 1)).outcome, kind.used)
      assert.deepEqual(await prepare(store, letter, 7_000), { outcome: 'moot' })
      assert.deepEqual(await kind.use(store, letter.id, 7_001), invalid)
    }
  },
  {
    promise: `EM4: ${kind.name} token is good for nothing else`,
    async check(store) {
      const token = await handOver(store, kind.letter(await createUser(store)))
      for (const other of kinds) if (other !== kind) assert.deepEqual(await other.use(store, token), invalid)
      if (kind !== reset) assert.deepEqual(await store.oneTimeTokens.readReset(token, after(1)), invalid)
      assert.equal((await kind.use(store, token)).outcome, kind.used)
    }
  },
  {
    promise: `${kind.name} token that is unknown or malformed is like one that was used`,
    async check(store) {
      for (const id of [uuidv7(), '', 'malformed']) assert.deepEqual(await kind.use(store, id), invalid)
    }
  },
  ...Object.entries(changes).map(([what, change]) => ({
    promise: `EM4: after ${what}, ${kind.name} token from before is dead`,
    async check(store: AuthStore) {
      const user = await createUser(store)
      const token = await handOver(store, kind.letter(user))
      await change(store, user)
      const now = await store.users.find(user.id)
      assert.deepEqual(await kind.use(store, token, 2), invalid)
      assert.deepEqual(await store.users.find(user.id), now)
    }
  })),
  {
    promise: `after a changed password, ${kind.name} token from after it is good`,
    async check(store) {
      const { id } = await createUser(store)
      await store.users.setPassword(id, 'new', after(1))
      const token = await handOver(store, kind.letter(await findUser(store, id)), 2)
      assert.equal((await kind.use(store, token, 3)).outcome, kind.used)
    }
  }
])
