/** The HTTP side of "who is this?": what a guard leaves on the request, and how it refuses. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AuthError, authError } from '../errors.ts'
import type { Identification } from '../session/identify.ts'
import type { Identity } from '../token/identity.ts'

/** Where the identity of a request stands; `request.user` and `request.auth` are views of it. */
export const IDENTITY = Symbol('fastify-gatehouse.identity')

export interface IdentifiedRequest extends FastifyRequest {
  [IDENTITY]: Identity | null
}

/** `request.user` is a new object each time: what one handler could do to it never reaches another request. */
export function admit(request: FastifyRequest, identity: Identity): void {
  ;(request as IdentifiedRequest)[IDENTITY] = identity
  request.user = Object.freeze({ ...identity.user })
}

/** Of a request that a guard let pass. */
export function identityOf(request: FastifyRequest): Identity {
  return (request as IdentifiedRequest)[IDENTITY] as Identity
}

export type Refusal = Exclude<Identification, { outcome: 'known' }>

/** RFC 6750 3: a challenge without a code when no token came, `invalid_token` when it was no good. */
export function challenge(reply: FastifyReply, refusal: Refusal): AuthError {
  if (refusal.outcome === 'anonymous') {
    reply.header('www-authenticate', 'Bearer')
    return authError('AUTH_ACCESS_TOKEN_MISSING')
  }
  const { code, reason } = refusal
  reply.header('www-authenticate', `Bearer error="invalid_token", error_description="${DESCRIPTIONS[code] ?? code}"`)
  return authError(code, reason === undefined ? {} : { reason })
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  AUTH_ACCESS_TOKEN_INVALID: 'The access token is not valid',
  AUTH_ACCESS_TOKEN_EXPIRED: 'The access token has expired',
  AUTH_SESSION_ENDED: 'The session has ended'
}
