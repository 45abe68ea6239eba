import assert from 'node:assert/strict'
import { createUser, findUser, newUser, type StorePromise, tally, times, unusedName } from './promise.ts'

/** Pairs that some collation or normalisation takes for one and the same. */
const lookAlikes: readonly (readonly [string, string])[] = [
  ['i', 'ı'],
  ['i', 'İ'],
  ['k', '\u212a'],
  ['s', 'ſ'],
  ['ss', 'ß'],
  ['a', 'ａ'],
  ['e', 'é'],
  ['é', 'e\u0301'],
  ['é', 'É'],
  ['a', 'а'],
  ['a', 'a\u200b'],
  ['a', 'a '],
  ['ab', 'a.b'],
  ['a', 'a+tag']
]

export const uniquenessPromises: readonly StorePromise[] = [
  {
    promise: 'of 100 parallel sign-ups for one address in different cases, one succeeds',
    async check({ users }) {
      const name = unusedName()
      const created = await times(100, (index) =>
        users.create(newUser({ email: `${spelt(name, index)}@example.test` }))
      )
      assert.deepEqual(tally(created), { done: 1, 'email-taken': 99 })
    }
  },
  {
    promise: 'of 20 parallel sign-ups for one username in different cases, one succeeds',
    async check({ users }) {
      const name = unusedName()
      const created = await times(20, (index) => users.create(newUser({ username: spelt(name, index) })))
      assert.deepEqual(tally(created), { done: 1, 'username-taken': 19 })
    }
  },
  {
    promise: 'addresses and usernames that only look alike are different ones',
    async check({ users }) {
      for (const [one, other] of lookAlikes) {
        const name = unusedName()
        const [first, second] = [newUser(pair(name, one)), newUser(pair(name, other))]
        assert.equal((await users.create(first)).outcome, 'done')
        assert.equal((await users.create(second)).outcome, 'done', `${one} is not ${other}`)
        for (const { id, email, username } of [first, second]) {
          const byEmail = await users.credential({ email: String(email) })
          const byUsername = await users.credential({ username: String(username) })
          assert.equal(byEmail.outcome === 'found' && byEmail.credential.user.id, id)
          assert.equal(byUsername.outcome === 'found' && byUsername.credential.user.id, id)
        }
      }
    }
  },
  {
    promise: "a change to another's username is refused and changes nothing, in any case of letters",
    async check(store) {
      const taken = unusedName()
      await createUser(store, { username: taken })
      const user = await createUser(store, { username: unusedName(), fields: { a: 1 } })
      const change = { username: taken.toUpperCase(), fields: { a: 2 } }
      assert.deepEqual(await store.users.update(user.id, change), { outcome: 'username-taken' })
      assert.deepEqual(await findUser(store, user.id), user)
    }
  }
]

function pair(name: string, letters: string): { email: string; username: string } {
  return { email: `${name}${letters}@example.test`, username: `${name}${letters}` }
}

/** Another mixture of upper and lower case for each index. */
function spelt(name: string, index: number): string {
  return [...name].map((letter, place) => ((index >> (place % 7)) & 1 ? letter.toUpperCase() : letter)).join('')
}
