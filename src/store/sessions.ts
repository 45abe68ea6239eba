import type { At } from './at.ts'
import type { EndedSession, EndReason } from './ended-session.ts'
import type { UserRecord } from './user-record.ts'

export interface NewSession {
  /** A UUIDv7, made by the caller. */
  readonly id: string
  readonly userId: string
  /** The user's `sessionEpoch` as read together with what was proven. */
  readonly epoch: number
  /** SHA-256 of the session's secret, base64url. */
  readonly secretDigest: string
  readonly idleSeconds: number
  readonly absoluteSeconds: number
  /** Whether a browser keeps it when it closes; given back with each rotation. */
  readonly remember: boolean
  /** How many live sessions the user may have; the oldest beyond it end with the reason `limit`. Null for no limit. */
  readonly limit: number | null
  readonly ip: string | null
  readonly userAgent: string | null
}

export interface RotateSession {
  readonly id: string
  readonly secretDigest: string
  /** The generation of the token presented. */
  readonly generation: number
  /** How long the generation before the current one still gets the current one, in seconds. */
  readonly graceSeconds: number
  readonly idleSeconds: number
  /** False answers with the generation presented instead of the next one. */
  readonly rotate: boolean
}

/** A live session: `generation` is the one whose token is current now. */
export interface OpenSession {
  readonly id: string
  readonly user: UserRecord
  readonly generation: number
  readonly remember: boolean
}

/** `ended` are those that made room for it. */
export type OpenOutcome =
  | { readonly outcome: 'opened'; readonly ended: readonly EndedSession[] }
  | { readonly outcome: 'refused' }

/** A live session, as its owner sees it. */
export interface SessionRecord {
  readonly id: string
  readonly createdAt: Date
  /** The last refresh. */
  readonly lastUsedAt: Date
  /** When it ends unless it is refreshed: the nearer of its two limits. */
  readonly expiresAt: Date
  readonly ip: string | null
  readonly userAgent: string | null
}

export type SessionOutcome =
  | { readonly outcome: 'rotated'; readonly session: OpenSession }
  /** The generation before, within the grace: nothing moved, the current generation is told again. */
  | { readonly outcome: 'replayed'; readonly session: OpenSession }
  /** A used generation came back: this call ended the session. */
  | { readonly outcome: 'reused'; readonly userId: string }
  /** It is there and authentic, but over. */
  | { readonly outcome: 'ended'; readonly reason: EndReason }
  /** No such session, or another secret: the two are not told apart. */
  | { readonly outcome: 'unknown' }

export interface SessionStore {
  /**
   * Opens a session if the user is still enabled and still of that epoch, else `refused`: what was proven is not true
   * any more. Takes a share lock on the user, so that "end all" waits for it and then ends it too.
   */
  open(session: NewSession, at?: At): Promise<OpenOutcome>
  /** The state machine of refresh-token rotation. ONE statement on PostgreSQL; only `ended` may cost a second. */
  rotate(rotation: RotateSession, at?: At): Promise<SessionOutcome>
  /** Ends one live session; null when there is none (unknown, another secret or user, ended before). ONE statement on PostgreSQL. */
  end(
    session: { readonly id: string } & ({ readonly secretDigest: string } | { readonly userId: string }),
    reason: EndReason,
    at?: At
  ): Promise<EndedSession | null>
  /** Ends every live session of the user but one; sign-ins in flight go on. */
  endOthers(userId: string, keptId: string, reason: EndReason, at?: At): Promise<readonly EndedSession[]>
  /** The live ones, the last used first. ONE statement. */
  list(userId: string, at?: At): Promise<readonly SessionRecord[]>
  /** Ends every live session of the user and moves the epoch, in one transaction: no sign-in in flight survives it. */
  endAll(userId: string, reason: EndReason, at?: At): Promise<readonly EndedSession[]>
  /** Removes those that have been over, ended or expired, for more than `seconds`; answers with how many they were. */
  forget(seconds: number, at?: At): Promise<number>
}
