import assert from 'node:assert/strict'
import { after, createUser, findUser, newUser, openSession, present, type StorePromise, unusedName } from './promise.ts'

const nested = {
  theme: 'dark',
  'a key with "quotes" and \\': null,
  limits: { daily: 0, ratio: -1.5e-7, huge: 9_007_199_254_740_991, on: true },
  list: [1, 'two', [3], { four: 4 }, null, ''],
  text: 'Grüße, 世界 👋\n\t',
  empty: { list: [], object: {} }
}

export const userPromises: readonly StorePromise[] = [
  {
    promise: 'a new user is answered and found as given, with times to the millisecond',
    async check({ users }) {
      const user = newUser({ email: `${unusedName()}@Example.TEST`, username: `Ada.${unusedName().slice(0, 12)}` })
      const created = await users.create({ ...user, fields: nested }, after(0))
      assert.deepEqual(created, {
        outcome: 'done',
        user: {
          id: user.id,
          email: user.email,
          emailVerifiedAt: null,
          username: user.username,
          fields: nested,
          sessionEpoch: 0,
          disabledAt: null,
          createdAt: after(0).now,
          updatedAt: after(0).now
        }
      })
      assert.deepEqual(await users.find(user.id), created)
      assert.deepEqual(await users.findByUsername(String(user.username)), created)
    }
  },
  {
    promise: 'without a time given, the clock of the database is used',
    async check({ users }) {
      const before = Date.now()
      const created = await users.create(newUser())
      assert.equal(created.outcome, 'done')
      const { createdAt, updatedAt } = created.user
      // Two clocks need not agree: an hour tells the present from the times that other checks give.
      assert.ok(Math.abs(createdAt.getTime() - before) < 3_600_000)
      assert.deepEqual(updatedAt, createdAt)
    }
  },
  {
    promise: 'a user may have no address, no username and no password',
    async check({ users }) {
      const nameless = newUser({ email: null, username: unusedName(), passwordHash: null })
      assert.equal((await users.create(nameless)).outcome, 'done')
      assert.equal((await users.create(newUser({ email: null }))).outcome, 'done')
      assert.equal((await users.create(newUser({ email: null }))).outcome, 'done')
      const found = await users.credential({ username: String(nameless.username) })
      assert.equal(found.outcome, 'found')
      assert.equal(found.credential.passwordHash, null)
      assert.equal(found.credential.user.email, null)
    }
  },
  {
    promise: 'an id that is unknown or malformed finds nobody, and changes nothing',
    async check({ users, sessions }) {
      for (const id of [newUser().id, '', 'nobody', "' or 1=1 --", '00000000-0000-0000-0000-000000000000']) {
        assert.deepEqual(await users.find(id), { outcome: 'unknown' })
        assert.deepEqual(await users.update(id, { username: unusedName() }), { outcome: 'unknown' })
        await users.rehash(id, 'old', 'new')
        assert.deepEqual(await users.setPassword(id, 'hash'), [])
        assert.deepEqual(await users.setDisabled(id, true), [])
        assert.deepEqual(await users.setDisabled(id, false), [])
        assert.deepEqual(await users.delete(id), [])
        assert.deepEqual(await sessions.endAll(id, 'admin'), [])
      }
      assert.deepEqual(await users.findByUsername(unusedName()), { outcome: 'unknown' })
    }
  },
  {
    promise: 'a change lays fields over the stored ones: absent keeps, null removes',
    async check(store) {
      const { id } = await createUser(store, { fields: { keep: 1, replace: { a: 1 }, remove: true } })
      const changed = await store.users.update(id, { fields: { replace: { b: 2 }, remove: null, add: [1] } }, after(5))
      assert.equal(changed.outcome, 'done')
      assert.deepEqual(changed.user.fields, { keep: 1, replace: { b: 2 }, add: [1] })
      assert.deepEqual(changed.user.updatedAt, after(5).now)
      assert.deepEqual(changed.user.createdAt, after(0).now)
      assert.deepEqual(await findUser(store, id), changed.user)
    }
  },
  {
    promise: 'a username is given, spelt otherwise and removed by a change, and its fields stay',
    async check(store) {
      const { id } = await createUser(store, { fields: { a: 1 } })
      const username = unusedName()
      for (const name of [username, username.toUpperCase(), null]) {
        const changed = await store.users.update(id, { username: name })
        assert.equal(changed.outcome, 'done')
        assert.equal(changed.user.username, name)
        assert.deepEqual(changed.user.fields, { a: 1 })
      }
      assert.deepEqual(await store.users.findByUsername(username), { outcome: 'unknown' })
    }
  },
  {
    promise: 'a change of nothing does not move the time of the last change',
    async check(store) {
      const user = await createUser(store, { username: unusedName(), fields: { a: { b: [1] } } })
      const { username } = user
      for (const change of [{}, { username }, { fields: {} }, { fields: { a: { b: [1] } } }, { fields: { c: null } }]) {
        assert.deepEqual(await store.users.update(user.id, change, after(5)), { outcome: 'done', user })
      }
      assert.deepEqual(await findUser(store, user.id), user)
    }
  },
  {
    promise: 'parallel changes of different fields all last',
    async check(store) {
      const { id } = await createUser(store)
      const names = Array.from({ length: 8 }, (_, index) => `field${index}`)
      await Promise.all(names.map((name) => store.users.update(id, { fields: { [name]: name } })))
      const { fields } = await findUser(store, id)
      assert.deepEqual(fields, Object.fromEntries(names.map((name) => [name, name])))
    }
  },
  {
    promise: 'a deleted user is gone with every session, and the address is free again',
    async check(store) {
      const user = await createUser(store, { username: unusedName() })
      const live = await openSession(store, user)
      const over = await openSession(store, user)
      await store.sessions.end(over, 'logout', after(0))
      assert.deepEqual(await store.users.delete(user.id, after(0)), [{ id: live.id, userId: user.id }])
      assert.deepEqual(await store.users.find(user.id), { outcome: 'unknown' })
      assert.deepEqual(await present(store, live, { at: 1 }), { outcome: 'unknown' })
      assert.deepEqual(await present(store, over, { at: 1 }), { outcome: 'unknown' })
      const { email, username } = user
      assert.equal((await store.users.create(newUser({ email, username }))).outcome, 'done')
    }
  }
]
