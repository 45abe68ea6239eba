/** What is over goes after a while. At times of their own, long after those of every other check. */
import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type { NewSession } from '../../store/index.ts'
import { closeAsSent, handOver, post, prepare, propose, proposeAndSend, unusedAddress, verify } from './mail.ts'
import { after, createUser, newSession, present, type StorePromise, times } from './promise.ts'

/** Thirty years: each check begins where everything of the others is over. */
const AGE = 1_000_000_000
const DAY = 86_400

export const forgettingPromises: readonly StorePromise[] = [
  {
    promise: 'sessions are forgotten so long after they ended or expired, and no millisecond earlier',
    async check({ sessions, ...store }) {
      const user = await createUser({ sessions, ...store })
      const open = async (given: Partial<NewSession>) => {
        const session = newSession(user, given)
        assert.equal((await sessions.open(session, after(AGE))).outcome, 'opened')
        return session
      }
      const outcomes = (opened: readonly NewSession[]) =>
        Promise.all(opened.map(async (each) => (await present({ sessions, ...store }, each, { at: AGE + 60 })).outcome))
      const over = [await open({ idleSeconds: 50 }), await open({ absoluteSeconds: 50 }), await open({})]
      for (const { id } of over.slice(2)) await sessions.end({ id, userId: user.id }, 'logout', after(AGE + 50))
      const alive = [await open({}), await open({ idleSeconds: 61 })]
      await sessions.forget(10, after(AGE + 60))
      assert.deepEqual(await outcomes(over), ['ended', 'ended', 'ended'])
      assert.equal(await sessions.forget(10, after(AGE + 60.001)), 3)
      assert.deepEqual(await outcomes(over), ['unknown', 'unknown', 'unknown'])
      assert.deepEqual(await outcomes(alive), ['rotated', 'rotated'])
    }
  },
  {
    promise: 'thousands are forgotten, and no two who forget at the same time count one twice',
    async check(store) {
      const begin = 2 * AGE
      const user = await createUser(store)
      await store.sessions.forget(0, after(begin))
      const openMany = (count: number) => times(count, () => store.sessions.open(newSession(user), after(begin)))
      const alive = newSession(user, { idleSeconds: 500 })
      await openMany(900)
      await store.sessions.open(alive, after(begin))
      await openMany(600)
      const counts = await times(2, () => store.sessions.forget(0, after(begin + 101)))
      assert.equal(
        counts.reduce((sum, count) => sum + count),
        1500
      )
      const left = await store.sessions.list(user.id, after(begin + 101))
      assert.deepEqual(
        left.map(({ id }) => id),
        [alive.id]
      )
    }
  },
  {
    promise: 'one-time tokens are forgotten so long after they were used or expired, and no millisecond earlier',
    async check(store) {
      const begin = 3 * AGE
      const forget = (at: number) => store.oneTimeTokens.forget(10, after(begin + at))
      await forget(0)
      const { email } = await createUser(store)
      await handOver(store, { name: 'reset-password', address: String(email) }, begin)
      const { token } = await proposeAndSend(store, {}, begin)
      assert.equal((await verify(store, token, begin + 1)).outcome, 'verified')
      const counts: number[] = []
      for (const at of [11, 11.001, 110, 110.001]) counts.push(await forget(at))
      assert.deepEqual(counts, [0, 1, 0, 1])
    }
  },
  {
    promise: 'row 52: sign-ups that wait for one address are forgotten together, when the last of them is due',
    async check(store) {
      const begin = 4 * AGE
      const forget = (at: number) => store.oneTimeTokens.forget(10, after(begin + at))
      const email = unusedAddress()
      await forget(0)
      await proposeAndSend(store, { email }, begin)
      await proposeAndSend(store, { email: email.toUpperCase() }, begin + 500)
      const other = await proposeAndSend(store, {}, begin)
      assert.equal(await forget(1_011), 1)
      assert.equal((await store.oneTimeTokens.proposedPassword(other.signup.email)).outcome, 'unknown')
      assert.equal(await forget(1_510), 0)
      assert.equal((await store.oneTimeTokens.proposedPassword(email)).outcome, 'found')
      assert.equal(await forget(1_510.001), 2)
      assert.equal((await store.oneTimeTokens.proposedPassword(email)).outcome, 'unknown')
    }
  },
  {
    promise: 'row 52: sign-ups are heard for 30 days after the newest of them expired, and then none is',
    async check(store) {
      const email = unusedAddress()
      const asked = { name: 'verify-email', address: email } as const
      await proposeAndSend(store, { email, passwordHash: 'of the owner' })
      await proposeAndSend(store, { email, passwordHash: 'of the stranger' }, 20 * DAY)
      const expiry = 20 * DAY + 1_000
      const early = await handOver(store, asked, expiry + 29 * DAY)
      const proven = await verify(store, early, expiry + 29 * DAY + 1)
      assert.ok(proven.outcome === 'verified')
      const found = await store.users.credential({ email })
      assert.equal(found.outcome === 'found' && found.credential.passwordHash, null, 'both dispute it')

      const { signup } = await proposeAndSend(store)
      const known = (at: number) => store.oneTimeTokens.proposedPassword(signup.email, after(at))
      assert.equal((await known(1_000 + 30 * DAY)).outcome, 'found')
      assert.equal((await known(1_000.001 + 30 * DAY)).outcome, 'unknown')
      const late = await post(store, { ...asked, address: signup.email }, 31 * DAY)
      assert.deepEqual(await prepare(store, late, 31 * DAY), { outcome: 'moot' })
    }
  },
  {
    promise: 'a sign-up whose letter is not sent yet is not forgotten, however long that takes',
    async check(store) {
      const begin = 5 * AGE
      const forget = (at: number) => store.oneTimeTokens.forget(10, after(begin + at))
      await forget(0)
      const { letter } = await propose(store, {}, begin)
      assert.equal(await forget(100_000), 0)
      assert.equal((await prepare(store, letter, begin + 100_000)).outcome, 'ready')
      assert.equal(await forget(200_000), 0)
      await closeAsSent(store, letter, begin + 200_000)
      assert.equal(await forget(200_000), 1)
    }
  },
  {
    promise: 'events are forgotten when they are so old, and no millisecond earlier',
    async check({ events, ...store }) {
      const begin = 6 * AGE
      const user = await createUser({ events, ...store })
      await events.forget(0, after(begin))
      const ids = [uuidv7(), uuidv7()] as const
      const what = { name: 'login', userId: user.id, sessionId: null, ip: null, userAgent: null }
      await events.add(ids.map((id, second) => ({ id, ...what, at: after(begin + second).now })))
      assert.equal(await events.forget(10, after(begin + 10)), 0)
      assert.equal(await events.forget(10, after(begin + 10.001)), 1)
      const left = await events.list(user.id, 10)
      assert.deepEqual(
        left.map(({ id }) => id),
        [ids[1]]
      )
    }
  }
]
