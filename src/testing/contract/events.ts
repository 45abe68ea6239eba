import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type { AuthStore, EventRecord, UserRecord } from '../../store/index.ts'
import { after, createUser, newUser, type StorePromise, times } from './promise.ts'

function newEvent({ id: userId }: Pick<UserRecord, 'id'>, given: Partial<EventRecord> = {}): EventRecord {
  const from = { ip: '2001:db8::1', userAgent: 'Contract/1.0' }
  return { id: uuidv7(), name: 'login', userId, sessionId: uuidv7(), ...from, at: after(0).now, ...given }
}

const nowhere = { ip: null, userAgent: null }

export const eventPromises: readonly StorePromise[] = [
  {
    promise: 'events are listed as they were added, the newest first and so many at most, of one user',
    async check(store) {
      const [user, other] = [await createUser(store), await createUser(store)]
      const events = [
        newEvent(user, { at: after(1).now }),
        newEvent(user, {
          at: after(3).now,
          name: 'logout',
          userAgent: `"quoted" \\ {'json'} Gr\u00fc\u00dfe \u{1f44b}\n`
        }),
        newEvent(user, { at: after(2).now, sessionId: null, ...nowhere })
      ] as const
      await store.events.add([...events, newEvent(other)])
      const newestFirst = [events[1], events[2], events[0]]
      assert.deepEqual(await store.events.list(user.id, 10), newestFirst)
      assert.deepEqual(await store.events.list(user.id, 2), newestFirst.slice(0, 2))
      for (const id of [newUser().id, 'malformed', '']) assert.deepEqual(await store.events.list(id, 10), [])
    }
  },
  {
    promise: 'an event that is added again stays as it is, and those beside it are added',
    async check(store) {
      const user = await createUser(store)
      const event = newEvent(user)
      assert.deepEqual(await store.events.add([event, { ...event, name: 'logout' }]), [])
      const later = newEvent(user, { at: after(1).now })
      assert.deepEqual(await store.events.add([{ ...event, ip: null }, later]), [])
      assert.deepEqual(await store.events.list(user.id, 10), [later, event])
      await store.events.add([])
    }
  },
  {
    promise: 'hundreds of events are added at once',
    async check(store) {
      const user = await createUser(store)
      await store.events.add(await times(500, (index) => newEvent(user, { at: after(index).now })))
      assert.equal((await store.events.list(user.id, 1000)).length, 500)
    }
  },
  {
    promise: 'of a user who is gone it stays what happened, and not from where',
    async check(store) {
      const [user, other] = [await createUser(store), await createUser(store)]
      const [before, late, foreign] = [newEvent(user), newEvent(user, { at: after(1).now }), newEvent(other)]
      await store.events.add([before, foreign])
      await store.users.delete(user.id, after(1))
      await store.events.add([late, newEvent(other, { at: after(1).now })])
      assert.deepEqual(await store.events.list(user.id, 10), [
        { ...late, ...nowhere },
        { ...before, ...nowhere }
      ])
      const others = await store.events.list(other.id, 10)
      assert.deepEqual(
        others.map(({ ip }) => ip),
        [foreign.ip, foreign.ip]
      )
    }
  },
  {
    promise: 'a deletion at the same time leaves nothing of from where',
    async check(store) {
      for (let round = 0; round < 20; round++) await deleteMeanwhile(store, round % 5)
    }
  }
]

async function deleteMeanwhile(store: AuthStore, before: number): Promise<void> {
  const [user, other] = [await createUser(store), await createUser(store)]
  const held: EventRecord[] = []
  const add = async () => {
    const events = [newEvent(other), newEvent(user)]
    const ids = await store.events.add(events)
    held.push(...events.filter(({ id }) => ids.includes(id)))
  }
  await Promise.all([times(before, add), store.users.delete(user.id), times(5 - before, add)])
  assert.deepEqual(await store.events.add(held), [], 'nobody holds them any more')
  const left = await store.events.list(user.id, 10)
  assert.equal(left.length, 5)
  assert.deepEqual(new Set(left.map(({ ip, userAgent }) => ip ?? userAgent)), new Set([null]))
  const others = await store.events.list(other.id, 10)
  assert.equal(others.filter(({ ip }) => ip !== null).length, 5)
}
