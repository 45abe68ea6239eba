import type { FastifyInstance, FastifyRequest } from 'fastify'
import { IDENTITY, type IdentifiedRequest } from '../http/guard.ts'
import type { RequestUser } from '../token/identity.ts'

/** `request.auth`: what else is known of the request's session. */
export interface RequestAuth {
  readonly sessionId: string
  /** The access token's `jti`. */
  readonly tokenId: string
  /** When the access token expires. */
  readonly expiresAt: Date
}

const USER = Symbol('fastify-gatehouse.user')

interface DecoratedRequest extends IdentifiedRequest {
  [USER]: RequestUser | null
}

/** Decorates the requests of the scope, once for all registrations of this plugin. */
export function decorateRequests(app: FastifyInstance): void {
  if (app.hasRequestDecorator(IDENTITY)) return
  app.decorateRequest(IDENTITY as never, null as never)
  app.decorateRequest(USER as never, null as never)
  app.decorateRequest('auth', { getter: readAuth })
  // As late as can be: a host that registers @fastify/jwt after us decorates `user` itself, and would be refused if the
  // name were taken. Whoever decorates it, guards write to it.
  app.addHook('onReady', (done) => {
    if (!app.hasRequestDecorator('user')) {
      app.decorateRequest('user', {
        getter(this: FastifyRequest) {
          return (this as DecoratedRequest)[USER] as RequestUser
        },
        setter(this: FastifyRequest, user: RequestUser) {
          ;(this as DecoratedRequest)[USER] = user
        }
      })
    }
    done()
  })
}

/** Made when asked for: most handlers never do. */
function readAuth(this: FastifyRequest): RequestAuth | null {
  const identity = (this as DecoratedRequest)[IDENTITY]
  if (identity === null) return null
  return {
    sessionId: identity.user.sessionId,
    tokenId: identity.tokenId,
    expiresAt: new Date(identity.expiresAt)
  }
}
