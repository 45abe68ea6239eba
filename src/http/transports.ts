/** How tokens travel: in bodies, in cookies, or the refresh token alone in one. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authError, ValidationError } from '../errors.ts'
import type { Config, Transport } from '../options.ts'
import type { Grant } from '../session/answer.ts'
import { bearerToken } from '../token/bearer.ts'
import type { SessionCookies } from '../token/cookies.ts'
import { isOwnRequest } from './origin.ts'
import type { TransportedAnswer } from './schemas.ts'

export interface PresentedToken {
  readonly token: string
  readonly via: 'bearer' | 'cookie'
}

export interface Transports {
  /** For a sign-in: what the request asks for by `Auth-Transport`, else the first of the list. */
  chosen(request: FastifyRequest): Transport
  /** For what goes on with a session: the way it was presented. */
  continued(request: FastifyRequest, via: PresentedToken['via']): Transport
  /** RT7: from the body, the header or the cookie, never from a URL. Two different ones are a confused client or an attack. */
  presented(request: FastifyRequest): PresentedToken | undefined
  /** The access token of a request, without a look at whether it is any good. */
  presentedAccess(request: FastifyRequest): PresentedToken | undefined
  /** How the session of a guarded request travels. */
  presenting(request: FastifyRequest): PresentedToken['via']
  /** Puts the tokens where the transport has them, and gives back what stays for the body. */
  hand(reply: FastifyReply, grant: Grant, transport: Transport): TransportedAnswer
  /** After a sign-out, for a browser that came with cookies. */
  clear(request: FastifyRequest, reply: FastifyReply): void
  /** CSRF: throws unless the request comes from a page of ours. */
  requireOwnRequest(request: FastifyRequest): void
}

export function createTransports(config: Pick<Config, 'transports' | 'origins'>, cookies: SessionCookies): Transports {
  const { transports, origins } = config
  const listed = (transport: Transport) => transports.includes(transport)
  const inCookies = transports.filter((transport) => transport !== 'bearer')
  const readsBody = listed('bearer')
  const readsHeader = transports.some((transport) => transport !== 'cookie')

  function asked(request: FastifyRequest): Transport | undefined {
    const name = request.headers['auth-transport']
    if (name === undefined) return undefined
    const transport = transports.find((each) => each === name)
    if (transport === undefined)
      throw new ValidationError(`headers/auth-transport must be one of ${transports.join(', ')}`)
    return transport
  }

  function requireOwnRequest(request: FastifyRequest): void {
    if (!isOwnRequest(request, origins)) throw authError('AUTH_ORIGIN_REJECTED')
  }

  return {
    requireOwnRequest,

    chosen(request) {
      const transport = asked(request) ?? (transports[0] as Transport)
      // CK8: a stranger's page must not sign its visitor in, to an account of the stranger's.
      if (transport !== 'bearer') requireOwnRequest(request)
      return transport
    },

    continued(request, via) {
      const transport = asked(request)
      if (via === 'bearer') return 'bearer'
      return transport === undefined || transport === 'bearer' ? (inCookies[0] as Transport) : transport
    },

    presented(request) {
      const { refreshToken } = (request.body ?? {}) as { readonly refreshToken?: string }
      const sent = readsBody ? only(refreshToken, request.headers['x-refresh-token'] as string | undefined) : undefined
      const cookie = inCookies.length > 0 ? cookies.read(request.headers.cookie).refresh : undefined
      const token = only(sent, cookie)
      return token === undefined ? undefined : { token, via: sent === undefined ? 'cookie' : 'bearer' }
    },

    presentedAccess({ headers }) {
      // CK7: with a header the cookie is ignored.
      const inHeader = readsHeader && headers.authorization !== undefined
      const token = inHeader
        ? bearerToken(headers.authorization)
        : listed('cookie')
          ? cookies.read(headers.cookie).access
          : undefined
      return token === undefined ? undefined : { token, via: inHeader ? 'bearer' : 'cookie' }
    },

    presenting({ headers }) {
      if (!readsHeader || headers.authorization === undefined) return 'cookie'
      // An access token in the header goes with a refresh token in the body or, where that is listed, in a cookie.
      if (!listed('refresh-cookie')) return 'bearer'
      return listed('bearer') && cookies.read(headers.cookie).refresh === undefined ? 'bearer' : 'cookie'
    },

    hand(reply, { answer, remember }, transport) {
      const { user, expiresIn, accessToken, refreshToken, tokenType } = answer
      switch (transport) {
        case 'bearer':
          return answer
        case 'cookie':
          reply.header('set-cookie', cookies.write({ access: accessToken, refresh: refreshToken }, remember))
          return { user, expiresIn }
        case 'refresh-cookie':
          reply.header('set-cookie', cookies.write({ refresh: refreshToken }, remember))
          return { user, accessToken, tokenType, expiresIn }
      }
    },

    clear(request, reply) {
      const { access, refresh } = inCookies.length > 0 ? cookies.read(request.headers.cookie) : {}
      if (access !== undefined || refresh !== undefined) reply.header('set-cookie', cookies.clear())
    }
  }
}

/** Empty is as good as absent. */
function only(one = '', other = ''): string | undefined {
  if (one !== '' && other !== '' && one !== other) throw authError('AUTH_TOKENS_CONFLICT')
  return one || other || undefined
}
