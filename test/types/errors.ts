import { type AuthError, type AuthErrorCode, isAuthError } from 'fastify-gatehouse'
import { type Equals, pin } from './equals.ts'

// A client may switch over these: one more is a feature, one less breaks somebody.
pin<
  Equals<
    AuthErrorCode,
    | 'AUTH_ONE_TIME_TOKEN_INVALID'
    | 'AUTH_TOKENS_CONFLICT'
    | 'AUTH_CREDENTIALS_INVALID'
    | 'AUTH_ACCESS_TOKEN_MISSING'
    | 'AUTH_ACCESS_TOKEN_INVALID'
    | 'AUTH_ACCESS_TOKEN_EXPIRED'
    | 'AUTH_REFRESH_TOKEN_INVALID'
    | 'AUTH_SESSION_ENDED'
    | 'AUTH_FORBIDDEN'
    | 'AUTH_ORIGIN_REJECTED'
    | 'AUTH_EMAIL_UNVERIFIED'
    | 'AUTH_ACCOUNT_DISABLED'
    | 'AUTH_SESSION_NOT_FOUND'
    | 'AUTH_USER_NOT_FOUND'
    | 'AUTH_EMAIL_TAKEN'
    | 'AUTH_USERNAME_TAKEN'
    | 'AUTH_PASSWORD_REJECTED'
    | 'AUTH_UNEXPECTED'
    | 'AUTH_OVERLOADED'
    | 'AUTH_UNAVAILABLE'
  >
>()

declare const caught: unknown
if (isAuthError(caught)) {
  pin<Equals<typeof caught, AuthError>>()
  pin<Equals<typeof caught.code, AuthErrorCode>>()
  pin<Equals<typeof caught.statusCode, number>>()
  pin<Equals<typeof caught.reason, string | undefined>>()
  // @ts-expect-error: no such code
  caught.code === 'AUTH_NO_SUCH_CODE'
} else {
  pin<Equals<typeof caught, unknown>>()
}
