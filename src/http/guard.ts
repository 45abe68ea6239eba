/** The HTTP side of "who is this?": what a guard leaves on the request, and how it refuses. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AuthError, authError } from '../errors.ts'
import type { EndedFeed } from '../session/ended-feed.ts'
import type { EndedSessions } from '../session/ended-sessions.ts'
import type { Identification, Identify } from '../session/identify.ts'
import type { Identity } from '../token/identity.ts'
import { contain } from './contain.ts'
import { isOwnRequest, isSafe } from './origin.ts'

/** Where the identity of a request stands; `request.user` and `request.auth` are views of it. */
export const IDENTITY = Symbol('fastify-gatehouse.identity')
/** Which user base the identity is of: an app may have several. */
export const ENDED = Symbol('fastify-gatehouse.ended')

export interface IdentifiedRequest extends FastifyRequest {
  [IDENTITY]: Identity | null
  [ENDED]: EndedSessions | null
}

/** Of a request that a guard let pass. */
export function identityOf(request: FastifyRequest): Identity {
  return (request as IdentifiedRequest)[IDENTITY] as Identity
}

type Known = Extract<Identification, { outcome: 'known' }>
export type Refusal =
  | Exclude<Identification, Known>
  /** The token is good, but a stranger's page may have sent it. */
  | { readonly outcome: 'foreign' }

/** Nothing lets the request pass. A promise only when the database must be asked; it never rejects. */
export type Verdict = Error | undefined | Promise<Error | undefined>

type Refuse = (refusal: Refusal) => AuthError | undefined

export interface GatekeeperParts {
  readonly identify: Identify
  readonly feed: Pick<EndedFeed, 'isFresh' | 'ask'>
  readonly ended: EndedSessions
  readonly origins: readonly string[]
}

/** `pardons` lets a refused request pass all the same, as nobody. */
export type Gatekeeper = (
  request: FastifyRequest,
  reply: FastifyReply,
  pardons: (refusal: Refusal) => boolean
) => Verdict

export function createGatekeeper({ identify, feed, ended, origins }: GatekeeperParts): Gatekeeper {
  /** An unsafe request, or a WebSocket, that only a cookie speaks for must come from a page of ours (CK5). */
  function enter(request: FastifyRequest, { identity, via }: Known, refuse: Refuse): AuthError | undefined {
    if (via === 'cookie' && !isSafe(request) && !isOwnRequest(request, origins)) return refuse({ outcome: 'foreign' })
    ;(request as IdentifiedRequest)[IDENTITY] = identity
    ;(request as IdentifiedRequest)[ENDED] = ended
    // A new object each time: what one handler could do to it never reaches another request.
    request.user = Object.freeze({ ...identity.user })
    return undefined
  }

  return (request, reply, pardons) => {
    const refuse: Refuse = (refusal) => (pardons(refusal) ? undefined : refusalOf(reply, refusal))
    const identification = identify(request.headers)
    if (identification.outcome !== 'known') return refuse(identification)
    if (feed.isFresh()) return enter(request, identification, refuse)
    // Other processes may have ended the session without our knowing.
    return feed
      .ask(identification.identity.user.sessionId)
      .then((reason) =>
        reason === null
          ? enter(request, identification, refuse)
          : refuse({ outcome: 'refused', code: 'AUTH_SESSION_ENDED', reason })
      )
      .catch(contain)
  }
}

/** RFC 6750 3: a challenge without a code when no token came, `invalid_token` when it was no good. */
export function refusalOf(reply: FastifyReply, refusal: Refusal): AuthError {
  if (refusal.outcome === 'foreign') return authError('AUTH_ORIGIN_REJECTED')
  if (refusal.outcome === 'anonymous') {
    reply.header('www-authenticate', 'Bearer')
    return authError('AUTH_ACCESS_TOKEN_MISSING')
  }
  const { code, reason } = refusal
  const error = authError(code, reason === undefined ? {} : { reason })
  reply.header('www-authenticate', `Bearer error="invalid_token", error_description="${error.message}"`)
  return error
}
