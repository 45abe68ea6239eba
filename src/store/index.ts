/**
 * What storage promises: types only. Every verb is a whole business transaction and answers with an outcome,
 * because single use and counters cannot be built from find + update.
 */
import type { EndedSessionStore } from './ended-sessions.ts'
import type { EventStore } from './events.ts'
import type { LetterStore } from './letters.ts'
import type { OneTimeTokenStore } from './one-time-tokens.ts'
import type { SessionStore } from './sessions.ts'
import type { UserStore } from './users.ts'

export type { At } from './at.ts'
export type { EndedSession, EndReason } from './ended-session.ts'
export type { EndedRecord, EndedSessionStore, Listening } from './ended-sessions.ts'
export type { EventRecord, EventStore } from './events.ts'
export type {
  ClaimedLetter,
  LetterClaim,
  LetterName,
  LetterStore,
  NewLetter,
  Notice,
  PreparedLetter
} from './letters.ts'
export type { OneTimeTokenStore } from './one-time-tokens.ts'
export type {
  NewSession,
  OpenOutcome,
  OpenSession,
  RotateSession,
  SessionOutcome,
  SessionRecord,
  SessionStore
} from './sessions.ts'
export { StoreUnavailableError } from './unavailable.ts'
export type { UserRecord } from './user-record.ts'
export type {
  ChangePassword,
  ChangePasswordOutcome,
  Credential,
  CredentialOutcome,
  Identifier,
  NewUser,
  UserChange,
  UserOutcome,
  UserStore
} from './users.ts'

export interface AuthStore {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly endedSessions: EndedSessionStore
  readonly letters: LetterStore
  readonly oneTimeTokens: OneTimeTokenStore
  readonly events: EventStore
  /** Called once at boot. Creates or upgrades the tables when `migrate` is true, else refuses a schema that is not current. */
  open(boot: { readonly migrate: boolean }): Promise<void>
  /** Called once when the app closes. Gives back only what the store itself opened. */
  close(): Promise<void>
  /** The same store inside a transaction of the host's, where the kind of storage has one. */
  within?(trx: unknown): AuthStore
}
