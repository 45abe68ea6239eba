import type { AuthErrorCode } from '../errors.ts'
import type { EndReason } from '../store/index.ts'
import type { AccessTokens } from '../token/access-token.ts'
import { bearerToken } from '../token/bearer.ts'
import type { SessionCookies } from '../token/cookies.ts'
import type { Identity } from '../token/identity.ts'
import type { EndedSessions } from './ended-sessions.ts'

export type Identification =
  | {
      readonly outcome: 'known'
      readonly identity: Identity
      /** A browser sends a cookie along with anybody's request; a header is set on purpose. */
      readonly via: 'header' | 'cookie'
    }
  | { readonly outcome: 'anonymous' }
  | { readonly outcome: 'refused'; readonly code: AuthErrorCode; readonly reason?: EndReason }

const ANONYMOUS: Identification = Object.freeze({ outcome: 'anonymous' })
const INVALID: Identification = Object.freeze({ outcome: 'refused', code: 'AUTH_ACCESS_TOKEN_INVALID' })
const EXPIRED: Identification = Object.freeze({ outcome: 'refused', code: 'AUTH_ACCESS_TOKEN_EXPIRED' })

export interface Identify {
  /** Of a token by itself, wherever it came from. */
  readonly examine: (token: string) => Identification
  (headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined }): Identification
}

export interface IdentifyParts {
  readonly accessTokens: AccessTokens
  readonly ended: EndedSessions
  /** Whether a transport is listed that has the access token in the `Authorization` header. */
  readonly inHeader: boolean
  /** Null when no transport is listed that has it in a cookie. */
  readonly cookies: Pick<SessionCookies, 'read'> | null
}

/** Who a request speaks for: no query, no promise, and for a token seen before no signature. */
export function createIdentify({ accessTokens, ended, inHeader, cookies }: IdentifyParts): Identify {
  function examine(token: string, via: 'header' | 'cookie'): Identification {
    const verified = accessTokens.verify(token)
    if (verified.outcome !== 'valid') return verified.outcome === 'expired' ? EXPIRED : INVALID
    const reason = ended.reasonOf(verified.identity.user.sessionId)
    if (reason !== undefined) return { outcome: 'refused', code: 'AUTH_SESSION_ENDED', reason }
    return { outcome: 'known', identity: verified.identity, via }
  }

  function identify({ authorization, cookie }: Parameters<Identify>[0]): Identification {
    if (inHeader && authorization !== undefined) {
      // CK7: with a header the cookie is ignored, whatever the header says.
      const token = bearerToken(authorization)
      return token === undefined ? ANONYMOUS : examine(token, 'header')
    }
    const token = cookies?.read(cookie).access
    return token === undefined ? ANONYMOUS : examine(token, 'cookie')
  }
  return Object.assign(identify, { examine: (token: string) => examine(token, 'header') })
}
