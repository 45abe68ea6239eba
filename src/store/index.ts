/**
 * What storage promises: types only. Every verb is a whole business transaction and answers with an outcome,
 * because single use and counters cannot be built from find + update.
 */
import type { SessionStore } from './sessions.ts'
import type { UserStore } from './users.ts'

export type { EndReason, EndedSession, NewSession, OpenSession, RotateSession, SessionOutcome, SessionStore } from './sessions.ts'
export type { Credential, CredentialOutcome, Identifier, NewUser, UserChange, UserOutcome, UserRecord, UserStore } from './users.ts'

export interface AuthStore {
  readonly users: UserStore
  readonly sessions: SessionStore
  /** Called once at boot. Creates or upgrades the tables when `migrate` is true, else refuses a schema that is not current. */
  open(boot: { readonly migrate: boolean }): Promise<void>
  /** Called once when the app closes. Gives back only what the store itself opened. */
  close(): Promise<void>
  /** The same store inside a transaction of the host's, where the kind of storage has one. */
  within?(trx: unknown): AuthStore
}

/** What a verb takes beside its input: the instant to use in place of the database's clock. */
export interface At {
  readonly now?: Date | undefined
}

/**
 * Storage did not answer: it is down, busy past every retry, or out of connections. Clients meet 503 `AUTH_UNAVAILABLE`,
 * never 401. An adapter throws it with the driver's error as `cause`; any other error of an adapter is a fault (500).
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}
