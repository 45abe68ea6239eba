import type { AuthErrorCode } from '../errors.ts'
import type { Events } from '../events.ts'
import type { AuthStore, UserRecord } from '../store/index.ts'
import type { AnswerParts, RefreshResult } from './answer.ts'
import type { EndedSessions } from './ended-sessions.ts'

/** What the session wing works with; the context of the rooms has all of it, and more. */
export interface SessionParts extends AnswerParts {
  readonly store: AuthStore
  readonly ended: EndedSessions
  readonly events: Events
  readonly gates: readonly Gate[]
  /** Refreshes under way, by token: a browser's tabs share one. */
  readonly refreshing: Map<string, Promise<RefreshResult>>
  readonly lifetimes: Lifetimes
  /** Live sessions of one user; null for no limit. */
  readonly maxSessions: number | null
  /** The host's clock for the store, when it gave one; the database's otherwise. */
  readonly at: () => { readonly now?: Date }
}

/** All in seconds. */
export interface Lifetimes {
  readonly accessTtl: number
  readonly idleTtl: number
  readonly absoluteTtl: number
  readonly grace: number
  readonly rotate: boolean
}

/**
 * Stands before every session that opens, whatever the way of signing in: the code with which it refuses, or nothing.
 * It is asked only after the credential was right, so that its answer tells a stranger nothing.
 */
export type Gate = (user: UserRecord) => AuthErrorCode | undefined
