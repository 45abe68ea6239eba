import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AuthError, authError, OptionsError } from '../errors.ts'
import { contain } from '../http/contain.ts'
import { type Gatekeeper, identityOf, refusalOf } from '../http/guard.ts'
import { isOwnRoute } from '../http/own-routes.ts'
import type { EndedFeed } from '../session/ended-feed.ts'
import type { UserShape } from '../session/user.ts'
import { asGuard, type Guard } from './authenticate.ts'

/** What a route asks for beyond a good access token. */
export interface Requirements {
  /** The address must be proven, as the access token says it: 403 `AUTH_FORBIDDEN`. */
  readonly emailVerified?: boolean
  /** Asks the database whether the session lives, whatever this process has heard; 503 when it does not answer. */
  readonly fresh?: boolean
}

export type Authorize = (requirements: Requirements) => Guard

const KNOWN: readonly string[] = ['emailVerified', 'fresh'] satisfies readonly (keyof Requirements)[]

interface AuthorizeParts {
  readonly feed: Pick<EndedFeed, 'ask'>
  readonly shape: UserShape
}

/** Throws where the route is declared, at boot, for what it does not know: a requirement that is not checked protects nothing. */
export function createAuthorize(gatekeeper: Gatekeeper, { feed, shape }: AuthorizeParts): Authorize {
  return (requirements) => {
    const unknown = Object.keys(requirements).find((name) => !KNOWN.includes(name))
    if (unknown !== undefined) {
      throw new OptionsError(`\`app.authorize\` does not know \`${unknown}\`; it knows ${KNOWN.join(', ')}`)
    }
    const vague = Object.entries(requirements).find(([, value]) => value !== undefined && typeof value !== 'boolean')
    if (vague !== undefined) throw new OptionsError(`\`app.authorize\`: \`${vague[0]}\` must be true or false`)
    if (requirements.emailVerified === true && !mayClaimProof(shape)) {
      throw new OptionsError(
        '`app.authorize({ emailVerified: true })` would refuse everybody: name `emailVerified` in `accessToken.claims`'
      )
    }
    return asGuard((request, reply) => {
      if (isOwnRoute(request)) return undefined
      const verdict = gatekeeper(request, reply, () => false)
      if (verdict instanceof Promise) return verdict.then((refusal) => refusal ?? demand(request, reply, requirements))
      return verdict ?? demand(request, reply, requirements)
    })
  }

  function demand(request: FastifyRequest, reply: FastifyReply, { emailVerified, fresh }: Requirements) {
    const { user } = identityOf(request)
    if (emailVerified === true && user.emailVerified !== true) return authError('AUTH_FORBIDDEN')
    return fresh === true ? askAgain(user.sessionId, reply) : undefined
  }

  async function askAgain(sessionId: string, reply: FastifyReply): Promise<AuthError | Error | undefined> {
    try {
      const reason = await feed.ask(sessionId, true)
      return reason === null ? undefined : refusalOf(reply, { outcome: 'refused', code: 'AUTH_SESSION_ENDED', reason })
    } catch (error) {
      const contained = contain(error)
      if ('retryAfter' in contained) reply.header('retry-after', contained.retryAfter)
      return contained
    }
  }
}

/** What a function of the host's will put into a token, nobody knows beforehand. */
function mayClaimProof({ hasEmail, claims }: UserShape): boolean {
  return typeof claims === 'function' || (hasEmail && claims.includes('emailVerified'))
}
