/** The guards that a host hangs on its own routes. */
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { admit, challenge } from '../http/guard.ts'
import { isOwnRoute } from '../http/own-routes.ts'
import type { Identification, Identify } from '../session/identify.ts'

/**
 * Works as `onRequest` or `preHandler`, on a route or on a whole scope, and as `await app.authenticate(request, reply)`
 * inside a hook of your own.
 */
export interface Guard {
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  (request: FastifyRequest, reply: FastifyReply): Promise<void>
}

export interface Authenticate extends Guard {
  /** `request.user` is null when no token came; a token that is no good is a 401 all the same. */
  readonly optional: Guard
}

export function createAuthenticate(identify: Identify): Authenticate {
  const required = guard(identify, () => false)
  const optional = guard(identify, ({ outcome }) => outcome === 'anonymous')
  return Object.assign(required, { optional })
}

/** Synchronous where Fastify hands over `done`: a guarded route then costs no promise. */
function guard(identify: Identify, passes: (identification: Identification) => boolean): Guard {
  function check(request: FastifyRequest, reply: FastifyReply): Error | undefined {
    const identification = identify(request.headers)
    if (identification.outcome === 'known') {
      admit(request, identification.identity)
      return undefined
    }
    // Asked last: with a good token, on most requests, it does not matter whose route this is.
    if (passes(identification) || isOwnRoute(request)) return undefined
    return challenge(reply, identification)
  }

  function run(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  function run(request: FastifyRequest, reply: FastifyReply): Promise<void>
  function run(
    request: FastifyRequest,
    reply: FastifyReply,
    done?: HookHandlerDoneFunction
  ): Promise<void> | undefined {
    const refusal = check(request, reply)
    if (done === undefined) return refusal ? Promise.reject(refusal) : Promise.resolve()
    done(refusal)
    return undefined
  }
  return run
}
