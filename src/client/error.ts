export type AuthClientErrorCode =
  /** No answer: no network, a server that is down, or one that is too slow. */
  | 'AUTH_UNREACHABLE'
  /** An answer that is not the auth server's: a proxy's page, or an error that the host app words its own way. */
  | 'AUTH_ANSWER_UNKNOWN'
  | 'FST_ERR_VALIDATION'
  | 'AUTH_ONE_TIME_TOKEN_INVALID'
  | 'AUTH_TOKENS_CONFLICT'
  | 'AUTH_CREDENTIALS_INVALID'
  | 'AUTH_ACCESS_TOKEN_MISSING'
  | 'AUTH_ACCESS_TOKEN_INVALID'
  | 'AUTH_ACCESS_TOKEN_EXPIRED'
  | 'AUTH_REFRESH_TOKEN_INVALID'
  | 'AUTH_SESSION_ENDED'
  | 'AUTH_REAUTHENTICATION_REQUIRED'
  | 'AUTH_API_KEY_INVALID'
  | 'AUTH_SECOND_FACTOR_REQUIRED'
  | 'AUTH_FORBIDDEN'
  | 'AUTH_EMAIL_UNVERIFIED'
  | 'AUTH_ACCOUNT_DISABLED'
  | 'AUTH_ORIGIN_REJECTED'
  | 'AUTH_USER_NOT_FOUND'
  | 'AUTH_SESSION_NOT_FOUND'
  | 'AUTH_API_KEY_NOT_FOUND'
  | 'AUTH_EMAIL_TAKEN'
  | 'AUTH_USERNAME_TAKEN'
  | 'AUTH_PASSWORD_REJECTED'
  | 'AUTH_ATTEMPTS_EXCEEDED'
  | 'AUTH_UNEXPECTED'
  | 'AUTH_OVERLOADED'
  | 'AUTH_UNAVAILABLE'

/** What an error body may hold; nothing of it is believed to be there. */
export interface Told {
  readonly code?: AuthClientErrorCode | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
}

export class AuthClientError extends Error {
  /** The HTTP status; 0 when there was no answer. */
  declare readonly status: number
  declare readonly code: AuthClientErrorCode
  /** More about the cause, such as `reuse` or `too-short`. */
  declare readonly reason: string | undefined
  /** Seconds until another try makes sense; 0 when the server did not say. */
  declare readonly retryAfter: number

  constructor(status: number, told?: Told | null, retryAfter = 0, cause?: unknown) {
    super(told?.message ?? `No usable answer (${status})`, { cause })
    const code = told?.code ?? (status ? 'AUTH_ANSWER_UNKNOWN' : 'AUTH_UNREACHABLE')
    Object.assign(this, { name: 'AuthClientError', status, code, reason: told?.reason, retryAfter })
  }
}
