import type { At } from './at.ts'
import type { EndedSession } from './ended-session.ts'
import type { UserRecord } from './user-record.ts'
import type { NewUser, Telling } from './users.ts'

/** Unknown, used, expired, of another purpose, or of a time when the user had another address or password: one outcome. */
export interface InvalidToken {
  readonly outcome: 'invalid'
}

/**
 * Single-use secrets, known here by their ids only; that a client has the token of one is for the caller to know.
 * Each verb consumes the token and does its effect in one transaction: of any number of parallel calls one succeeds (EM2).
 */
export interface OneTimeTokenStore {
  /**
   * A sign-up that waits for the proof of its address: its token is the letter's, whose `userId` is that of the user who
   * will be. It reserves neither address nor username, and is written down whoever has the address. ONE statement on
   * PostgreSQL, the letter included.
   */
  propose(signup: NewUser & { readonly email: string }, letter: { readonly id: string }, at?: At): Promise<void>
  /** The password of the newest sign-up that waits for this address, for 30 days after it expired. ONE statement. */
  proposedPassword(
    email: string,
    at?: At
  ): Promise<{ readonly outcome: 'found'; readonly passwordHash: string | null } | { readonly outcome: 'unknown' }>
  /**
   * Proves a user's address, or creates the user whose sign-up waited for it: every other sign-up that waits for the
   * address dies. A username that was taken meanwhile leaves the token as it is, for another try with another name.
   * A user who comes without a password is sent the letter to choose one, written down in the same transaction. A link that
   * was asked for by the address alone is settled once more, if others have signed up since; for `required` see the letters.
   *
   * Where a user has the address unproven and others have signed up for it, whose it was cannot be told: the user stays, and
   * the password and the sessions go. `endsSessions` ends them at every first proof, with what was asked for in them.
   */
  verifyEmail(
    id: string,
    choice: {
      readonly username: string | undefined
      readonly resetLetter: { readonly id: string }
      readonly required: readonly string[]
      readonly endsSessions: boolean
    },
    at?: At
  ): Promise<
    | {
        readonly outcome: 'verified'
        readonly user: UserRecord
        readonly created: boolean
        /** Without the password that it had. */
        readonly handedOver: boolean
        readonly ended: readonly EndedSession[]
      }
    | { readonly outcome: 'username-taken' }
    | InvalidToken
  >
  /** Whose password the token would reset now. Nothing changes. ONE statement. */
  readReset(id: string, at?: At): Promise<{ readonly outcome: 'valid'; readonly user: UserRecord } | InvalidToken>
  /** Sets the password, proves the address that the letter went to, and ends every session. */
  resetPassword(
    id: string,
    hash: string,
    telling?: Telling
  ): Promise<
    { readonly outcome: 'reset'; readonly user: UserRecord; readonly ended: readonly EndedSession[] } | InvalidToken
  >
  /** Moves the user to the address that the token was made for; every session but the one that asked ends. */
  confirmEmailChange(
    id: string,
    telling?: Telling
  ): Promise<
    { readonly outcome: 'changed'; readonly user: UserRecord; readonly ended: readonly EndedSession[] } | InvalidToken
  >
  /**
   * Removes those that were used or expired more than `seconds` ago and have no letter under way; answers with how many they
   * were. Of sign-ups that wait for one address none goes before the newest is due, or what is left of several that dispute
   * it would look undisputed. After 30 days they are not heard any more: not before that may they go.
   */
  forget(seconds: number, at?: At): Promise<number>
}
