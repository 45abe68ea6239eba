/** The only file that reaches into other packages' types. */
// Without this import the compiler drops the link, and `request.user` is missing from the emitted types.
import '@fastify/jwt'
import type { Authenticate } from './access/authenticate.ts'
import type { Authorize } from './access/authorize.ts'
import type { RequestAuth } from './access/request-auth.ts'
import type { AuthApi } from './registry.ts'
import type { RequestUser } from './token/identity.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers 401 unless the request carries a good access token; then `request.user` is set. */
    authenticate: Authenticate
    /** A guard that asks for more than a good access token. */
    authorize: Authorize
    /** Everything that the routes do, and more, without HTTP. */
    auth: AuthApi
  }

  interface FastifyRequest {
    /** What else is known of the session; null where no guard passed. */
    readonly auth: RequestAuth | null
  }
}

// Through @fastify/jwt's own opening, so that `request.user` has one type whichever package a host imports first.
declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: RequestUser
  }
}
