import type { AuthErrorCode, ErrorDetail } from '../errors.ts'
import type { UserRecord } from '../store/index.ts'
import type { AccessTokens } from '../token/access-token.ts'
import type { RefreshTokens } from '../token/refresh-token.ts'
import { toClaims, toUser, type User, type UserShape } from './user.ts'

/** What a client gets whenever a session opens or goes on. */
export interface SessionAnswer {
  readonly user: User
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Seconds until the access token expires. */
  readonly expiresIn: number
}

/** A session that opened or went on, with what its transport must know. */
export interface Grant {
  readonly sessionId: string
  readonly remember: boolean
  readonly answer: SessionAnswer
}

/** A value also where it is a refusal: requests that share a refresh must not share an error (LG4). */
export type RefreshResult =
  | { readonly grant: Grant }
  | { readonly refusal: AuthErrorCode; readonly detail: ErrorDetail }

export interface AnswerParts {
  readonly shape: UserShape
  readonly accessTokens: AccessTokens
  readonly refreshTokens: RefreshTokens
  readonly lifetimes: {
    /** Seconds. */
    readonly accessTtl: number
  }
}

/** The session that an answer is about. */
export interface AnsweredSession {
  readonly sessionId: string
  readonly refreshToken: string
}

export function sessionAnswer(
  parts: AnswerParts,
  record: UserRecord,
  { sessionId, refreshToken }: AnsweredSession
): SessionAnswer {
  const user = toUser(parts.shape, record)
  return {
    user,
    accessToken: parts.accessTokens.issue({ userId: record.id, sessionId, claims: toClaims(parts.shape, user) }),
    refreshToken,
    tokenType: 'Bearer',
    expiresIn: parts.lifetimes.accessTtl
  }
}
