/** The guards that a host hangs on its own routes. */
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Gatekeeper, Refusal, Verdict } from '../http/guard.ts'
import { isOwnRoute } from '../http/own-routes.ts'

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

export function createAuthenticate(gatekeeper: Gatekeeper): Authenticate {
  return Object.assign(guard(gatekeeper, isNobody), { optional: guard(gatekeeper, isAnonymous) })
}

const isNobody = () => false
const isAnonymous = ({ outcome }: Refusal) => outcome === 'anonymous'

function guard(gatekeeper: Gatekeeper, pardons: (refusal: Refusal) => boolean): Guard {
  return asGuard((request, reply) =>
    // Whose route it is is asked last: with a good token, on most requests, it does not matter.
    gatekeeper(request, reply, (refusal) => pardons(refusal) || isOwnRoute(request))
  )
}

/** Synchronous where Fastify hands over `done`: a guarded route then costs no promise. */
export function asGuard(check: (request: FastifyRequest, reply: FastifyReply) => Verdict): Guard {
  function run(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  function run(request: FastifyRequest, reply: FastifyReply): Promise<void>
  function run(request: FastifyRequest, reply: FastifyReply, done?: HookHandlerDoneFunction): Promise<void> | void {
    const verdict = check(request, reply)
    if (done === undefined) return settle(verdict)
    if (verdict instanceof Promise) void verdict.then(done)
    else done(verdict)
  }
  return run
}

async function settle(verdict: Verdict): Promise<void> {
  const refusal = await verdict
  if (refusal) throw refusal
}
