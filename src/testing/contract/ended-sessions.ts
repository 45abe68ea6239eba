import assert from 'node:assert/strict'
import type { AuthStore, EndedRecord, EndReason, NewSession, UserRecord } from '../../store/index.ts'
import { after, createUser, newSession, newUser, openSession, present, type StorePromise } from './promise.ts'

interface Ending {
  readonly way: string
  readonly reason: EndReason
  /** Ends the session at `after(1)`. */
  end(store: AuthStore, session: NewSession, user: UserRecord): Promise<unknown>
}

const endings: readonly Ending[] = [
  {
    way: 'by its secret',
    reason: 'logout',
    end: ({ sessions }, session) => sessions.end(session, 'logout', after(1))
  },
  {
    way: 'by the reuse of a generation',
    reason: 'reuse',
    async end(store, session) {
      await present(store, session, { at: 1, graceSeconds: 0 })
      await present(store, session, { at: 1, graceSeconds: 0 })
    }
  },
  {
    way: 'with all',
    reason: 'admin',
    end: ({ sessions }, _, { id }) => sessions.endAll(id, 'admin', after(1))
  },
  {
    way: 'as one of the others',
    reason: 'logout',
    end: ({ sessions }, _, { id }) => sessions.endOthers(id, newUser().id, 'logout', after(1))
  },
  {
    way: 'to make room',
    reason: 'limit',
    end: ({ sessions }, _, user) => sessions.open(newSession(user, { limit: 1 }), after(1))
  },
  {
    way: 'by a new password',
    reason: 'password-changed',
    end: ({ users }, _, { id }) => users.setPassword(id, 'new', after(1))
  },
  {
    way: 'by a changed password',
    reason: 'password-changed',
    end: ({ users }, _, { id, sessionEpoch: epoch }) => users.changePassword({ id, epoch, hash: 'new' }, after(1))
  },
  {
    way: 'by disabling the user',
    reason: 'disabled',
    end: ({ users }, _, { id }) => users.setDisabled(id, true, after(1))
  },
  {
    way: 'by deleting the user, who is gone',
    reason: 'deleted',
    end: ({ users }, _, { id }) => users.delete(id, after(1))
  }
]

export const endedSessionPromises: readonly StorePromise[] = [
  ...endings.map(({ way, reason, end }) => ({
    promise: `a session that is ended ${way} is among the ended ones, with its reason`,
    async check(store: AuthStore) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      assert.equal(await recordOf(store, session, 10, 1), undefined)
      assert.equal(await store.endedSessions.reasonOf(session.id, after(1)), null)
      await end(store, session, user)
      assert.deepEqual(await recordOf(store, session, 10, 1), { id: session.id, reason, endedAt: after(1).now })
      assert.equal(await store.endedSessions.reasonOf(session.id, after(1)), reason)
    }
  })),
  {
    promise: 'a session that opens, rotates, is replayed or is not ended is not among the ended ones',
    async check(store) {
      const user = await createUser(store)
      const session = await openSession(store, user)
      await present(store, session, { at: 1 })
      await present(store, session, { at: 1 })
      await store.sessions.end({ id: session.id, userId: newUser().id }, 'logout', after(1))
      await store.sessions.endOthers(user.id, session.id, 'logout', after(1))
      assert.equal(await recordOf(store, session, 10, 1), undefined)
      assert.equal(await store.endedSessions.reasonOf(session.id, after(1)), null)
    }
  },
  {
    promise: 'a session that expires is over and not among the ended ones, whoever looks',
    async check(store) {
      const user = await createUser(store)
      const [idle, old] = [await openSession(store, user), await openSession(store, user, { absoluteSeconds: 50 })]
      for (const [session, limit] of [
        [idle, 100],
        [old, 50]
      ] as const) {
        assert.equal(await store.endedSessions.reasonOf(session.id, after(limit - 1)), null)
        assert.equal(await store.endedSessions.reasonOf(session.id, after(limit + 1)), 'expired')
        await store.sessions.end(session, 'logout', after(limit + 1))
      }
      await store.users.delete(user.id, after(200))
      for (const session of [idle, old]) {
        assert.equal(await recordOf(store, session, 1_000, 200), undefined)
        assert.equal(await store.endedSessions.reasonOf(session.id, after(200)), 'deleted')
      }
    }
  },
  {
    promise: 'what is not there was deleted, a malformed id too',
    async check({ endedSessions }) {
      for (const id of [newUser().id, 'malformed', '']) assert.equal(await endedSessions.reasonOf(id), 'deleted')
    }
  },
  {
    promise: 'the ended ones of the last seconds are told, to the second',
    async check(store) {
      const session = await openSession(store, await createUser(store))
      await store.sessions.end(session, 'logout', after(1))
      assert.notEqual(await recordOf(store, session, 10, 11), undefined)
      assert.notEqual(await recordOf(store, session, 0.5, 1.5), undefined)
      assert.equal(await recordOf(store, session, 10, 11.001), undefined)
    }
  },
  {
    promise: 'without a time given, the last seconds are those of the database',
    async check(store) {
      const session = newSession(await createUser(store))
      await store.sessions.open(session)
      await store.sessions.end(session, 'logout')
      assert.notEqual(find(await store.endedSessions.since(60), session), undefined)
      assert.equal(await store.endedSessions.reasonOf(session.id), 'logout')
    }
  },
  {
    promise: 'what ended too long ago is forgotten, and its session tells the reason still',
    async check(store) {
      const user = await createUser(store)
      const [early, late] = [newSession(user), newSession(user)]
      for (const [session, at] of [
        [early, 0],
        [late, 5]
      ] as const) {
        await store.sessions.open(session, longAgo(0))
        await store.sessions.end(session, 'logout', longAgo(at))
      }
      await store.endedSessions.forget(10, longAgo(12))
      const left = await store.endedSessions.since(100, longAgo(12))
      assert.equal(find(left, early), undefined)
      assert.notEqual(find(left, late), undefined)
      assert.equal(await store.endedSessions.reasonOf(early.id, longAgo(12)), 'logout')
      await store.users.delete(user.id, longAgo(12))
      assert.equal(await store.endedSessions.reasonOf(early.id, longAgo(12)), 'deleted')
      assert.equal(await store.endedSessions.reasonOf(late.id, longAgo(12)), 'logout')
    }
  }
]

/** The record of a session among those of the last seconds before `at`. */
async function recordOf(store: AuthStore, session: NewSession, seconds: number, at: number) {
  return find(await store.endedSessions.since(seconds, after(at)), session)
}

function find(records: readonly EndedRecord[], { id }: NewSession): EndedRecord | undefined {
  return records.find((record) => record.id === id)
}

/** Before every other check, so that forgetting takes nothing from them. */
function longAgo(seconds: number): { readonly now: Date } {
  return after(seconds - 1_000_000_000)
}
