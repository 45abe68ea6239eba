import type { At } from './at.ts'
import type { EndedSession } from './ended-session.ts'

export interface UserRecord {
  readonly id: string
  /** As typed at sign-up; unique by ASCII lower-casing. */
  readonly email: string | null
  readonly emailVerifiedAt: Date | null
  /** As typed at sign-up; unique by ASCII lower-casing. */
  readonly username: string | null
  /** The host's own fields. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Moves whenever every session of the user ends; a session opened under an older epoch is dead. */
  readonly sessionEpoch: number
  readonly disabledAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewUser {
  /** A UUIDv7, made by the caller. */
  readonly id: string
  readonly email: string | null
  readonly username: string | null
  /** A PHC string, or null for an account without a password. */
  readonly passwordHash: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

/** One of the two, in any letter case. */
export type Identifier = { readonly email: string } | { readonly username: string }

export interface Credential {
  readonly user: UserRecord
  readonly passwordHash: string | null
}

export type UserOutcome =
  | { readonly outcome: 'done'; readonly user: UserRecord }
  | { readonly outcome: 'email-taken' }
  | { readonly outcome: 'username-taken' }
  | { readonly outcome: 'unknown' }

export type CredentialOutcome =
  | { readonly outcome: 'found'; readonly credential: Credential }
  | { readonly outcome: 'unknown' }

/** Absent keeps; null removes. `fields` is laid over the stored ones key by key: absent keeps, null removes. */
export interface UserChange {
  readonly username?: string | null
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface UserStore {
  /** The unique indexes are the arbiter: of any number of parallel calls for one address, one succeeds. */
  create(user: NewUser, at?: At): Promise<Exclude<UserOutcome, { outcome: 'unknown' }>>
  /** ONE statement on every database: what a password is checked against. */
  credential(identifier: Identifier): Promise<CredentialOutcome>
  find(id: string): Promise<Extract<UserOutcome, { outcome: 'done' | 'unknown' }>>
  findByUsername(username: string): Promise<Extract<UserOutcome, { outcome: 'done' | 'unknown' }>>
  /** Two changes of different fields at the same time both last. A change of nothing does not move `updatedAt`. */
  update(id: string, change: UserChange, at?: At): Promise<Exclude<UserOutcome, { outcome: 'email-taken' }>>
  /** Stores a stronger hash of the same password; does nothing when the stored hash is not `oldHash` any more. */
  rehash(id: string, oldHash: string, newHash: string): Promise<void>
  /** Stores the hash and ends every session of the user in one transaction; answers with the sessions it ended. */
  setPassword(id: string, hash: string, at?: At): Promise<readonly EndedSession[]>
  /** Sets or lifts `disabledAt`; disabling ends every session in the same transaction. */
  setDisabled(id: string, disabled: boolean, at?: At): Promise<readonly EndedSession[]>
  /** The user and, by cascade, everything of theirs; answers with the sessions that were alive. */
  delete(id: string, at?: At): Promise<readonly EndedSession[]>
}
