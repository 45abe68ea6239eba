/** What every check needs: users and sessions that are new, and times that are given. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { AuthStore, NewSession, NewUser, RotateSession, SessionOutcome, UserRecord } from '../../store/index.ts'

export interface StorePromise {
  readonly promise: string
  check(store: AuthStore): Promise<void>
}

/** Far from now, so that a store which looks at its own clock instead is found out; milliseconds, so that none get lost. */
const start = Date.parse('2031-05-06T07:08:09.123Z')

/** The instant so many seconds after the start of the check. */
export function after(seconds: number): { readonly now: Date } {
  return { now: new Date(start + Math.round(seconds * 1_000)) }
}

export const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2g'

/** A local part that no other check uses. */
export function unusedName(): string {
  return `u${randomBytes(10).toString('hex')}`
}

export function newUser(given: Partial<NewUser> = {}): NewUser {
  const email = `${unusedName()}@example.test`
  return { id: uuidv7(), email, username: null, passwordHash: HASH, fields: {}, ...given }
}

export async function createUser(store: AuthStore, given: Partial<NewUser> = {}): Promise<UserRecord> {
  const created = await store.users.create(newUser(given), after(0))
  assert.equal(created.outcome, 'done')
  return created.user
}

export async function findUser(store: AuthStore, id: string): Promise<UserRecord> {
  const found = await store.users.find(id)
  assert.equal(found.outcome, 'done')
  return found.user
}

export function newSession(user: Pick<UserRecord, 'id' | 'sessionEpoch'>, given: Partial<NewSession> = {}): NewSession {
  return {
    id: uuidv7(),
    userId: user.id,
    epoch: user.sessionEpoch,
    secretDigest: createHash('sha256').update(randomBytes(16)).digest('base64url'),
    idleSeconds: 100,
    absoluteSeconds: 1_000,
    remember: true,
    limit: null,
    ip: '2001:db8::1',
    userAgent: 'Contract/1.0',
    ...given
  }
}

export async function openSession(
  store: AuthStore,
  user: UserRecord,
  given: Partial<NewSession> = {}
): Promise<NewSession> {
  const session = newSession(user, given)
  assert.deepEqual(await store.sessions.open(session, after(0)), { outcome: 'opened', ended: [] })
  return session
}

export interface Presented extends Partial<RotateSession> {
  /** Seconds after the start of the check. */
  readonly at: number
}

/** Presents a token of the session: of the first generation with a grace of 30 seconds, unless told otherwise. */
export function present(store: AuthStore, session: NewSession, { at, ...given }: Presented): Promise<SessionOutcome> {
  const { id, secretDigest, idleSeconds } = session
  const usual = { id, secretDigest, idleSeconds, generation: 0, graceSeconds: 30, rotate: true }
  return store.sessions.rotate({ ...usual, ...given }, after(at))
}

/** The generation that is current after a rotation or a replay; fails when it was something else. */
export function generationOf(outcome: SessionOutcome, expected: 'rotated' | 'replayed'): number {
  assert.equal(outcome.outcome, expected)
  return outcome.session.generation
}

/** How often each outcome came, by name, with the reason where there is one. */
export function tally(outcomes: readonly { readonly outcome: string; readonly reason?: string }[]): object {
  const names = outcomes.map(({ outcome, reason }) => (reason === undefined ? outcome : `${outcome}: ${reason}`))
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]))
}

export function times<T>(count: number, work: (index: number) => T | Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

export async function assertEnded(
  store: AuthStore,
  session: NewSession,
  reason: string,
  generation = 0
): Promise<void> {
  assert.deepEqual(await present(store, session, { at: 1, generation }), { outcome: 'ended', reason })
}
