/** What an app hands to the client and gets from it. Types only. */
import type { KeepName, TokenStore } from './keep.ts'

/** A user as the server answers it; name your own fields with `createAuthClient<MyUser>()`. */
export interface User {
  readonly id: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly username?: string
  /** ISO 8601, UTC, as `updatedAt`. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** Why nobody is signed in any more, in the server's words; `invalid`: it does not know the refresh token. */
export type SignedOutReason =
  | 'logout'
  | 'reuse'
  | 'password-changed'
  | 'email-changed'
  | 'expired'
  | 'limit'
  | 'admin'
  | 'disabled'
  | 'deleted'
  | 'invalid'

export interface AuthClientOptions<U> {
  /** Where the server's auth routes hang; `'/auth'` unless told. */
  readonly url?: string
  /**
   * Where the tokens are kept:
   * - `'memory'` (unless told): in this tab, until it closes or reloads.
   * - `'sessionStorage'`: in this tab, across reloads. A duplicated tab goes on with the same session.
   * - `'localStorage'`: in this browser; all tabs share one session.
   * - `'cookies'`: in HttpOnly cookies, out of any script's reach; needs the server's transport `cookie`.
   * - `'refresh-cookie'`: the refresh token in an HttpOnly cookie, the access token in memory; needs the server's
   *   transport of that name.
   * - a store of your own.
   */
  readonly keep?: KeepName | TokenStore
  /** Origins beside that of `url` whose requests carry the access token or the cookies. */
  readonly origins?: readonly string[]
  /** Nobody is signed in any more, and why; whichever tab it began in. */
  readonly onSignedOut?: (reason: SignedOutReason) => void
  /** Somebody is signed in who was not; whichever tab it began in. */
  readonly onSignedIn?: (user: U) => void
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch
}

export interface SignInInput {
  readonly email?: string
  readonly username?: string
  readonly password: string
  /** False: the server's cookies end with the browser's session. Tokens in a store end when the store does. */
  readonly remember?: boolean
}

export interface SignUpInput extends SignInInput {
  /** Your own fields of the user. */
  readonly [field: string]: unknown
}

export type SignUpOutcome<U> =
  | { readonly outcome: 'signed-in'; readonly user: U }
  /** The address must be confirmed first: a letter is under way. */
  | { readonly outcome: 'check-email' }

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}
