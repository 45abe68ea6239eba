import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ENDED, IDENTITY, type IdentifiedRequest } from '../http/guard.ts'
import type { EndedSessions } from '../session/ended-sessions.ts'
import { sessionSignal } from '../session/signal.ts'
import type { Identity, RequestUser } from '../token/identity.ts'

/** `request.auth`: what else is known of the request's session. */
export interface RequestAuth {
  readonly sessionId: string
  /** The access token's `jti`. */
  readonly tokenId: string
  /** When the access token expires. */
  readonly expiresAt: Date
  /**
   * Aborts when the session ends, in whatever process, or the token expires, with an `AuthError` as the reason that says which:
   * what lasts longer than a request (a WebSocket, an event stream) closes with it.
   */
  readonly signal: AbortSignal
}

const USER = Symbol('fastify-gatehouse.user')
const AUTH = Symbol('fastify-gatehouse.auth')

interface DecoratedRequest extends IdentifiedRequest {
  [USER]: RequestUser | null
  [AUTH]: RequestAuth | null
}

/** Decorates the requests of the scope, once for all registrations of this plugin. */
export function decorateRequests(app: FastifyInstance): void {
  if (app.hasRequestDecorator(IDENTITY)) return
  for (const name of [IDENTITY, ENDED, USER, AUTH]) app.decorateRequest(name as never, null as never)
  app.decorateRequest('auth', {
    getter(this: FastifyRequest) {
      return readAuth(this as DecoratedRequest)
    }
  })
  // As late as can be: a host that registers @fastify/jwt after us decorates `user` itself, and would be refused if the
  // name were taken. Whoever decorates it, guards write to it.
  app.addHook('onReady', (done) => {
    if (!app.hasRequestDecorator('user')) {
      app.decorateRequest('user', {
        getter(this: FastifyRequest) {
          return ((this as DecoratedRequest)[USER] ?? null) as RequestUser
        },
        setter(this: FastifyRequest, user: RequestUser) {
          ;(this as DecoratedRequest)[USER] = user
        }
      })
    }
    done()
  })
}

/** Made when asked for, once: most handlers never do. */
function readAuth(request: DecoratedRequest): RequestAuth | null {
  const { [IDENTITY]: identity, [ENDED]: ended } = request
  // Nothing, rather than null, in a scope that the host opened before it registered us.
  if (identity == null || ended === null) return null
  request[AUTH] ??= createAuth(identity, ended)
  return request[AUTH]
}

function createAuth(identity: Identity, ended: EndedSessions): RequestAuth {
  const auth = {
    sessionId: identity.user.sessionId,
    tokenId: identity.tokenId,
    expiresAt: new Date(identity.expiresAt)
  }
  let signal: AbortSignal | undefined
  // Not enumerable: whoever writes it all down, in a log or an answer, asks for no signal.
  return Object.defineProperty(auth as RequestAuth, 'signal', {
    get() {
      signal ??= sessionSignal(ended, identity)
      return signal
    }
  })
}
