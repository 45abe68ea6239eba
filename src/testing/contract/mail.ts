/** What checks about letters need beside users and sessions: letters that are new, and what became of them. */
import assert from 'node:assert/strict'
import { v7 as uuidv7 } from 'uuid'
import type {
  AuthStore,
  ClaimedLetter,
  LetterStore,
  NewLetter,
  NewUser,
  Notice,
  PreparedLetter
} from '../../store/index.ts'
import { after, newUser, unusedName } from './promise.ts'

export const VERIFY_SECONDS = 1_000
export const RESET_SECONDS = 100

type Rules = Parameters<LetterStore['prepare']>[1]

export function unusedAddress(): string {
  return `Mixed.${unusedName()}@Example.test`
}

export function newNotice(name: Notice['name']): Notice {
  return { id: uuidv7(), name }
}

/** A letter as it is asked for: of nobody known, unless told otherwise. */
export type Asked = Partial<NewLetter> & Pick<NewLetter, 'name' | 'address'>

/** Posts a letter that concerns nobody known, unless told otherwise. */
export async function post(store: AuthStore, asked: Asked, at = 0): Promise<NewLetter> {
  const letter = { id: uuidv7(), userId: null, sessionId: null, ...asked }
  await store.letters.post(letter, after(at))
  return letter
}

/** Every open letter to an address, the longest due first. They are claimed for no time, so that anybody can have them. */
export async function lettersTo(store: AuthStore, address: string, at = 0): Promise<readonly ClaimedLetter[]> {
  const claimed = await store.letters.claim({ limit: 100_000, leaseSeconds: 0, early: true }, after(at))
  return claimed.filter((letter) => letter.address.toLowerCase() === address.toLowerCase())
}

/** Prepares a letter as whoever claimed it does. */
export function prepare(
  store: AuthStore,
  letter: Partial<ClaimedLetter> & Pick<ClaimedLetter, 'id' | 'name' | 'address'>,
  at = 0,
  rules: Partial<Rules> = {}
): Promise<PreparedLetter> {
  const claimed = { userId: null, sessionId: null, leasedUntil: after(at).now, ...letter, attempts: 0 }
  const usual = { verifySeconds: VERIFY_SECONDS, resetSeconds: RESET_SECONDS, maxPerHour: null, required: [] }
  return store.letters.prepare(claimed, { ...usual, ...rules }, after(at))
}

/** As whoever claims letters gets this one, for thirty seconds. */
export async function claim(store: AuthStore, { id }: { readonly id: string }, at = 0): Promise<ClaimedLetter> {
  const claimed = await store.letters.claim({ limit: 100_000, leaseSeconds: 30, early: true }, after(at))
  const letter = claimed.find((each) => each.id === id)
  assert.ok(letter, 'somebody else has it')
  return letter
}

/** Nobody asks whose it is when a letter was sent. */
export function closeAsSent(store: AuthStore, { id }: { readonly id: string }, at = 0): Promise<void> {
  return store.letters.close({ id, leasedUntil: after(at).now }, 'sent', after(at))
}

/** Presents the token of a letter that proves an address. */
export function verify(
  { oneTimeTokens }: AuthStore,
  token: string,
  at = 1,
  choice: Partial<Parameters<AuthStore['oneTimeTokens']['verifyEmail']>[1]> = {}
): ReturnType<AuthStore['oneTimeTokens']['verifyEmail']> {
  const usual = { username: undefined, resetLetter: { id: uuidv7() }, required: [], endsSessions: false }
  return oneTimeTokens.verifyEmail(token, { ...usual, ...choice }, after(at))
}

/** Posts a letter, prepares it and closes it as sent; answers with the id of its token. */
export async function handOver(store: AuthStore, asked: Asked, at = 0): Promise<string> {
  const letter = await post(store, asked, at)
  await send(store, letter, at)
  return letter.id
}

/** A sign-up that waits for the proof of its address. */
export interface Waiting {
  readonly signup: NewUser & { readonly email: string }
  readonly letter: Asked & { readonly id: string; readonly userId: string }
}

export async function propose(store: AuthStore, given: Partial<NewUser> = {}, at = 0): Promise<Waiting> {
  const user = newUser(given)
  const signup = { ...user, email: String(user.email) }
  const letter = { id: uuidv7(), name: 'verify-email', address: signup.email, userId: signup.id } as const
  await store.oneTimeTokens.propose(signup, { id: letter.id }, after(at))
  return { signup, letter }
}

/** A sign-up whose letter has been sent; answers with the id of its token too. */
export async function proposeAndSend(
  store: AuthStore,
  given: Partial<NewUser> = {},
  at = 0
): Promise<Waiting & { readonly token: string }> {
  const waiting = await propose(store, given, at)
  await send(store, waiting.letter, at)
  return { ...waiting, token: waiting.letter.id }
}

async function send(store: AuthStore, letter: Asked & { readonly id: string }, at: number): Promise<void> {
  const prepared = await prepare(store, letter, at)
  assert.ok(prepared.outcome === 'ready' && prepared.hasToken)
  await closeAsSent(store, letter, at)
}
