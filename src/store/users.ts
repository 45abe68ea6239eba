import type { At } from './at.ts'
import type { EndedSession } from './ended-session.ts'
import type { NewLetter, Notice } from './letters.ts'
import type { UserRecord } from './user-record.ts'

export interface NewUser {
  /** A UUIDv7, made by the caller. */
  readonly id: string
  readonly email: string | null
  readonly username: string | null
  /** A PHC string, or null for an account without a password. */
  readonly passwordHash: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

/** An address or a name in any letter case, or the id. */
export type Identifier = { readonly email: string } | { readonly username: string } | { readonly id: string }

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

export type ChangePasswordOutcome =
  | {
      readonly outcome: 'changed'
      readonly user: UserRecord
      readonly ended: readonly EndedSession[]
      /** That of the user's session whose id was given; true without one. */
      readonly remember: boolean
    }
  | { readonly outcome: 'refused' }

/** Absent keeps; null removes. `fields` is laid over the stored ones key by key: absent keeps, null removes. */
export interface UserChange {
  readonly username?: string | null
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface ChangePassword {
  readonly id: string
  /** The user's `sessionEpoch` as read together with the current password. */
  readonly epoch: number
  readonly hash: string
  /** The session of whoever asks, which another one is to take the place of. */
  readonly sessionId?: string | undefined
}

/** What a new user is asked: the letter is written down with them, or neither is. */
export interface Asking extends At {
  readonly letter?: NewLetter | undefined
}

/** What the user is told of a change: the notice is written down with it. */
export interface Telling extends At {
  readonly notice?: Notice | undefined
}

export interface UserStore {
  /**
   * The unique indexes are the arbiter: of any number of parallel calls for one address, one succeeds. ONE statement on
   * PostgreSQL, its letter included.
   */
  create(user: NewUser, at?: Asking): Promise<Exclude<UserOutcome, { outcome: 'unknown' }>>
  /** ONE statement on every database: what a password is checked against. */
  credential(identifier: Identifier): Promise<CredentialOutcome>
  find(id: string): Promise<Extract<UserOutcome, { outcome: 'done' | 'unknown' }>>
  findByUsername(username: string): Promise<Extract<UserOutcome, { outcome: 'done' | 'unknown' }>>
  /** Two changes of different fields at the same time both last. A change of nothing does not move `updatedAt`. */
  update(id: string, change: UserChange, at?: At): Promise<Exclude<UserOutcome, { outcome: 'email-taken' }>>
  /** Stores a stronger hash of the same password; does nothing when the stored hash is not `oldHash` any more. */
  rehash(id: string, oldHash: string, newHash: string): Promise<void>
  /**
   * Stores the hash and ends every session if the user is still of that epoch, else `refused`: the password that was
   * asked for may not be the current one any more.
   */
  changePassword(change: ChangePassword, at?: Telling): Promise<ChangePasswordOutcome>
  /** The same, whatever the epoch; answers with the sessions it ended. */
  setPassword(id: string, hash: string, at?: Telling): Promise<readonly EndedSession[]>
  /** Sets or lifts `disabledAt`; disabling ends every session in the same transaction. */
  setDisabled(id: string, disabled: boolean, at?: At): Promise<readonly EndedSession[]>
  /**
   * The user and, by cascade, everything of theirs; of their events, what says where they were. Answers with the sessions
   * that were alive.
   */
  delete(id: string, at?: Telling): Promise<readonly EndedSession[]>
}
