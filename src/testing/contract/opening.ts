import assert from 'node:assert/strict'
import type { AuthStore, UserRecord } from '../../store/index.ts'
import {
  after,
  assertEnded,
  createUser,
  findUser,
  newSession,
  newUser,
  openSession,
  present,
  type StorePromise,
  times
} from './promise.ts'

export const openingPromises: readonly StorePromise[] = [
  {
    promise: 'a session does not open for a user who is unknown or disabled',
    async check(store) {
      const user = await createUser(store)
      await refused(store, { ...user, id: newUser().id })
      await refused(store, { ...user, id: 'malformed' })
      await store.users.setDisabled(user.id, true)
      await refused(store, await findUser(store, user.id))
    }
  },
  {
    promise: 'a session does not open on what was proven before every session was ended',
    async check(store) {
      const endings: ((id: string) => Promise<unknown>)[] = [
        (id) => store.sessions.endAll(id, 'admin'),
        (id) => store.users.setPassword(id, 'new'),
        async (id) => {
          await store.users.setDisabled(id, true)
          await store.users.setDisabled(id, false)
        }
      ]
      for (const end of endings) {
        const before = await createUser(store)
        await end(before.id)
        await refused(store, before)
        await openSession(store, await findUser(store, before.id))
      }
    }
  },
  {
    promise: 'of 50 sign-ins that race with "end all", no session survives',
    async check(store) {
      await race(store, 50, (id) => store.sessions.endAll(id, 'admin', after(0)))
    }
  },
  {
    promise: 'of 50 sign-ins that race with a new password, no session survives',
    async check(store) {
      await race(store, 50, (id) => store.users.setPassword(id, 'new', after(0)))
    }
  },
  {
    promise: 'disabling ends every live session and says when; lifting it brings none back',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      assert.deepEqual(await store.users.setDisabled(user.id, true, after(0)), [{ id: session.id, userId: user.id }])
      assert.deepEqual((await findUser(store, user.id)).disabledAt, after(0).now)
      assert.deepEqual(await store.users.setDisabled(user.id, true, after(1)), [])
      assert.deepEqual((await findUser(store, user.id)).disabledAt, after(0).now)
      await assertEnded(store, session, 'disabled')
      assert.deepEqual(await store.users.setDisabled(user.id, false, after(2)), [])
      assert.equal((await findUser(store, user.id)).disabledAt, null)
      await assertEnded(store, session, 'disabled')
    }
  }
]

async function refused({ sessions }: AuthStore, user: UserRecord): Promise<void> {
  assert.deepEqual(await sessions.open(newSession(user), after(0)), { outcome: 'refused' })
}

async function race(store: AuthStore, count: number, end: (userId: string) => Promise<unknown>): Promise<void> {
  await times(count, async () => {
    const user = await createUser(store)
    const session = newSession(user)
    const [{ outcome }] = await Promise.all([store.sessions.open(session, after(0)), end(user.id)])
    const presented = await present(store, session, { at: 1 })
    assert.equal(presented.outcome, outcome === 'opened' ? 'ended' : 'unknown')
  })
}
