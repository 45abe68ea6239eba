import type { AuthErrorCode } from '../errors.ts'
import type { EndReason } from '../store/index.ts'
import type { AccessTokens } from '../token/access-token.ts'
import { bearerToken } from '../token/bearer.ts'
import type { Identity } from '../token/identity.ts'
import type { EndedSessions } from './ended-sessions.ts'

export type Identification =
  | { readonly outcome: 'known'; readonly identity: Identity }
  | { readonly outcome: 'anonymous' }
  | { readonly outcome: 'refused'; readonly code: AuthErrorCode; readonly reason?: EndReason }

const ANONYMOUS: Identification = Object.freeze({ outcome: 'anonymous' })
const INVALID: Identification = Object.freeze({ outcome: 'refused', code: 'AUTH_ACCESS_TOKEN_INVALID' })
const EXPIRED: Identification = Object.freeze({ outcome: 'refused', code: 'AUTH_ACCESS_TOKEN_EXPIRED' })

export type Identify = (headers: { readonly authorization?: string | undefined }) => Identification

/** Who a request speaks for: no query, no promise, and for a token seen before no signature. */
export function createIdentify(accessTokens: AccessTokens, ended: EndedSessions): Identify {
  return ({ authorization }) => {
    const token = bearerToken(authorization)
    if (token === undefined) return ANONYMOUS
    const verified = accessTokens.verify(token)
    if (verified.outcome !== 'valid') return verified.outcome === 'expired' ? EXPIRED : INVALID
    const reason = ended.reasonOf(verified.identity.user.sessionId)
    if (reason !== undefined) return { outcome: 'refused', code: 'AUTH_SESSION_ENDED', reason }
    return { outcome: 'known', identity: verified.identity }
  }
}
