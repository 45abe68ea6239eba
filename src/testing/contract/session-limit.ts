import assert from 'node:assert/strict'
import type { AuthStore, OpenOutcome, UserRecord } from '../../store/index.ts'
import {
  after,
  assertEnded,
  createUser,
  newSession,
  openSession,
  present,
  type StorePromise,
  tally,
  times
} from './promise.ts'

export const sessionLimitPromises: readonly StorePromise[] = [
  {
    promise: 'beyond the limit the oldest session ends, however lately it was used',
    async check(store) {
      const user = await createUser(store)
      const oldest = newSession(user)
      await store.sessions.open(oldest, after(-3))
      const younger = [await openAt(store, user, -2), await openAt(store, user, -1)]
      await present(store, oldest, { at: 0 })
      const session = newSession(user, { limit: 3 })
      const ended = [{ id: oldest.id, userId: user.id }]
      assert.deepEqual(await store.sessions.open(session, after(0)), { outcome: 'opened', ended })
      await assertEnded(store, oldest, 'limit')
      assert.deepEqual(await liveIds(store, user), new Set([...younger, session.id]))
    }
  },
  {
    promise: 'as long as there is room nothing ends; sessions that ended or expired take none, nor do those of others',
    async check(store) {
      const user = await createUser(store)
      await openSession(store, await createUser(store))
      await openSession(store, user, { idleSeconds: 5 })
      await store.sessions.end(await openSession(store, user), 'logout', after(0))
      for (const at of [6, 7]) {
        const opened = await store.sessions.open(newSession(user, { limit: 2 }), after(at))
        assert.deepEqual(opened, { outcome: 'opened', ended: [] })
      }
    }
  },
  {
    promise: 'a limit that came later ends all that are beyond it',
    async check(store) {
      const user = await createUser(store)
      const sessions = await times(5, () => openSession(store, user))
      const only = newSession(user, { limit: 1 })
      const opened = await store.sessions.open(only, after(0))
      assert.deepEqual(new Set(endedBy(opened)), new Set(sessions.map(({ id }) => id)))
      assert.deepEqual(await liveIds(store, user), new Set([only.id]))
    }
  },
  {
    promise: 'a session that does not open makes no room',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      const stale = newSession({ ...user, sessionEpoch: user.sessionEpoch + 1 }, { limit: 1 })
      assert.deepEqual(await store.sessions.open(stale, after(0)), { outcome: 'refused' })
      assert.deepEqual(await liveIds(store, user), new Set([session.id]))
    }
  },
  {
    promise: 'of 20 parallel sign-ins under a limit of 3, all succeed and exactly 3 sessions live',
    async check(store) {
      const user = await createUser(store)
      const opened = await times(20, async () => {
        const session = newSession(user, { limit: 3 })
        const outcome = await store.sessions.open(session, after(0))
        assert.ok(!endedBy(outcome).includes(session.id))
        return outcome
      })
      assert.deepEqual(tally(opened), { opened: 20 })
      assert.equal((await liveIds(store, user)).size, 3)
      const ended = opened.flatMap(endedBy)
      assert.equal(ended.length, 17)
      assert.equal(new Set(ended).size, 17)
    }
  }
]

async function openAt({ sessions }: AuthStore, user: UserRecord, seconds: number): Promise<string> {
  const session = newSession(user)
  await sessions.open(session, after(seconds))
  return session.id
}

async function liveIds({ sessions }: AuthStore, { id }: UserRecord): Promise<ReadonlySet<string>> {
  return new Set((await sessions.list(id, after(0))).map((session) => session.id))
}

function endedBy(opened: OpenOutcome): readonly string[] {
  return opened.outcome === 'opened' ? opened.ended.map(({ id }) => id) : []
}
