/** What is over and of no further use, and when it goes. */
import type { At, AuthStore } from './store/index.ts'

const DAY = 24 * 60 * 60
/** An old refresh token is told for so long why its session is over; then it is unknown. */
const KEEP_SESSIONS = 30 * DAY
/** Sign-ups that nobody proved are heard for so long (row 52). */
const KEEP_TOKENS = 30 * DAY
const KEEP_EVENTS = 365 * DAY

/** How many rows went, by what they were. */
export interface Cleanup {
  /** Sessions that ended or expired 30 days ago. */
  readonly sessions: number
  /** What letters were good for that were used or expired 30 days ago: sign-ups that nobody proved among them. */
  readonly oneTimeTokens: number
  /** Events that are older than 365 days. */
  readonly events: number
}

export async function cleanUp({ sessions, oneTimeTokens, events }: AuthStore, at: At): Promise<Cleanup> {
  return {
    sessions: await sessions.forget(KEEP_SESSIONS, at),
    oneTimeTokens: await oneTimeTokens.forget(KEEP_TOKENS, at),
    events: await events.forget(KEEP_EVENTS, at)
  }
}
