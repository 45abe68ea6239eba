/** Every failure that a client can meet: code, sentence, status. Messages never hold an address, a token, a hash or a key. */
import createError from '@fastify/error'

export const errors = {
  AUTH_ONE_TIME_TOKEN_INVALID: createError('AUTH_ONE_TIME_TOKEN_INVALID', 'The link is not valid any more', 400),
  AUTH_TOKENS_CONFLICT: createError('AUTH_TOKENS_CONFLICT', 'The request carries two different refresh tokens', 400),
  AUTH_CREDENTIALS_INVALID: createError('AUTH_CREDENTIALS_INVALID', 'The credentials are not right', 401),
  AUTH_ACCESS_TOKEN_MISSING: createError('AUTH_ACCESS_TOKEN_MISSING', 'An access token is required', 401),
  AUTH_ACCESS_TOKEN_INVALID: createError('AUTH_ACCESS_TOKEN_INVALID', 'The access token is not valid', 401),
  AUTH_ACCESS_TOKEN_EXPIRED: createError('AUTH_ACCESS_TOKEN_EXPIRED', 'The access token has expired', 401),
  AUTH_REFRESH_TOKEN_INVALID: createError('AUTH_REFRESH_TOKEN_INVALID', 'The refresh token is not valid', 401),
  AUTH_SESSION_ENDED: createError('AUTH_SESSION_ENDED', 'The session has ended', 401),
  AUTH_FORBIDDEN: createError('AUTH_FORBIDDEN', 'This is not allowed', 403),
  AUTH_ORIGIN_REJECTED: createError('AUTH_ORIGIN_REJECTED', 'Requests from this origin are not allowed', 403),
  AUTH_EMAIL_UNVERIFIED: createError('AUTH_EMAIL_UNVERIFIED', 'The e-mail address is not confirmed yet', 403),
  AUTH_ACCOUNT_DISABLED: createError('AUTH_ACCOUNT_DISABLED', 'The account is disabled', 403),
  AUTH_SESSION_NOT_FOUND: createError('AUTH_SESSION_NOT_FOUND', 'There is no such session', 404),
  AUTH_USER_NOT_FOUND: createError('AUTH_USER_NOT_FOUND', 'There is no such user', 404),
  AUTH_EMAIL_TAKEN: createError('AUTH_EMAIL_TAKEN', 'The e-mail address is taken', 409),
  AUTH_USERNAME_TAKEN: createError('AUTH_USERNAME_TAKEN', 'The username is taken', 409),
  AUTH_PASSWORD_REJECTED: createError('AUTH_PASSWORD_REJECTED', 'The password does not meet the policy', 422),
  AUTH_UNEXPECTED: createError('AUTH_UNEXPECTED', 'Something went wrong on our side', 500),
  AUTH_OVERLOADED: createError('AUTH_OVERLOADED', 'Too busy right now, try again shortly', 503),
  AUTH_UNAVAILABLE: createError('AUTH_UNAVAILABLE', 'Not available right now, try again shortly', 503)
} as const

/** A fit of the request's shape: Fastify's own code, for the checks that a JSON Schema cannot say. */
export const ValidationError = createError('FST_ERR_VALIDATION', '%s', 400)

export type AuthErrorCode = keyof typeof errors

export interface AuthError extends Error {
  readonly code: AuthErrorCode
  readonly statusCode: number
  /** More about the cause where the error table says so, such as `reuse` or `too-short`. */
  readonly reason?: string
  /** Seconds; answered as `Retry-After`. */
  readonly retryAfter?: number
}

export interface ErrorDetail {
  readonly reason?: string
  readonly retryAfter?: number
  /** What really happened: logged, never answered. */
  readonly cause?: unknown
}

/** A new error each time: one that is shared would carry one request's details into another's answer. */
export function authError(code: AuthErrorCode, { cause, ...detail }: ErrorDetail = {}): AuthError {
  const error = cause === undefined ? new errors[code]() : new errors[code]({ cause })
  return Object.assign(error, detail) as unknown as AuthError
}

/** Narrows what a handler caught to this library's errors, for a `switch` over `code`. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && 'code' in error && Object.hasOwn(errors, String(error.code))
}

/** The host's mistake, told at boot in a sentence: path, expected, received. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
  readonly code = 'AUTH_OPTIONS_INVALID'
}
