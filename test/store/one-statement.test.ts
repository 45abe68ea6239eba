/** What is promised to cost one statement on PostgreSQL, as the log of a host's Kysely counts them. */
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyStore } from '../../src/adapters/kysely/index.ts'
import type { AuthStore, NewLetter, NewSession, SessionOutcome } from '../../src/store/index.ts'
import { createUser, newSession, newUser } from '../../src/testing/contract/promise.ts'
import { postgresDatabase } from '../support/databases.ts'

t.test('PostgreSQL: each of these is one statement', async (t) => {
  const { store, statementsOf } = await openHost(t)
  const { sessions, endedSessions } = store
  const user = await createUser(store)
  const [session, other] = [newSession(user), newSession(user)]
  const { id, userId, secretDigest } = session
  const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
    'opening a session': () => sessions.open(session),
    'opening another one': () => sessions.open(other),
    'opening none': () => sessions.open({ ...newSession(user), epoch: 7 }),
    rotating: async () => outcomeOf('rotated', await rotate(store, session, 30)),
    'replaying within the grace': async () => outcomeOf('replayed', await rotate(store, session, 30)),
    listing: () => sessions.list(userId),
    'ending the others': async () => t.equal((await sessions.endOthers(userId, id, 'logout')).length, 1),
    'finding reuse, which ends the session': async () => outcomeOf('reused', await rotate(store, session, 0)),
    'ending what has ended': async () => t.equal(await sessions.end({ id, secretDigest }, 'logout'), null),
    'reading what ended': async () => t.equal((await endedSessions.since(60)).length, 2),
    'asking why it ended': async () => t.equal(await endedSessions.reasonOf(id), 'reuse'),
    'asking for one that is not there': () => endedSessions.reasonOf(newUser().id),
    forgetting: () => endedSessions.forget(60)
  }
  for (const [verb, work] of Object.entries(verbs)) t.equal(await statementsOf(work), 1, verb)

  const last = newSession(user)
  await sessions.open(last)
  t.equal(await statementsOf(() => sessions.end(last, 'logout')), 1, 'ending a session')

  function outcomeOf(expected: SessionOutcome['outcome'], { outcome }: SessionOutcome): void {
    t.equal(outcome, expected)
  }
})

t.test('PostgreSQL: so is each of these, with its letter', async (t) => {
  const { store, statementsOf } = await openHost(t)
  const { users, letters, oneTimeTokens } = store
  const user = newUser()
  const email = String(user.email)
  const newLetter = (name: NewLetter['name']) => ({
    id: newUser().id,
    name,
    address: email,
    userId: null,
    sessionId: null
  })
  const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
    'creating a user': () => users.create(user, { letter: newLetter('verify-email') }),
    'finding the address taken': () =>
      users.create({ ...user, id: newUser().id }, { letter: newLetter('verify-email') }),
    'reading a credential': async () => t.match(await users.credential({ id: user.id }), { outcome: 'found' }),
    'posting a letter': () => letters.post(newLetter('reset-password')),
    'posting it again': () => letters.post(newLetter('reset-password')),
    'proposing a sign-up': () => oneTimeTokens.propose({ ...user, email }, { id: newUser().id }),
    'reading its password': async () => t.match(await oneTimeTokens.proposedPassword(email), { outcome: 'found' }),
    'reading whose password a token resets': () => oneTimeTokens.readReset(newUser().id),
    'claiming letters': async () =>
      t.equal((await letters.claim({ limit: 10, leaseSeconds: 1, early: false })).length, 3),
    'closing one': () => letters.close({ id: newUser().id, leasedUntil: new Date() }, 'sent'),
    'postponing one': () => letters.postpone({ id: newUser().id, leasedUntil: new Date() }, 1, 'failed')
  }
  for (const [verb, work] of Object.entries(verbs)) t.equal(await statementsOf(work), 1, verb)
})

function rotate({ sessions }: AuthStore, session: NewSession, graceSeconds: number): Promise<SessionOutcome> {
  return sessions.rotate({ ...session, generation: 0, graceSeconds, rotate: true })
}

async function openHost(t: Test) {
  const pool = new pg.Pool({ connectionString: await postgresDatabase(t) })
  // A connection that is still closing when the database is dropped.
  pool.on('error', () => {})
  let statements = 0
  const log = () => {
    statements += 1
  }
  const host = new Kysely({ dialect: new PostgresDialect({ pool }), log })
  t.teardown(() => host.destroy())
  const store = kyselyStore(host)
  await store.open({ migrate: true })

  async function statementsOf(work: () => Promise<unknown>): Promise<number> {
    const before = statements
    await work()
    return statements - before
  }
  return { store, statementsOf }
}
