import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import type { Caller } from '../events.ts'
import { type Call, defineFeature, runWithin, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import { closedBody, NoContent, RefreshHeaders, RefreshTokenText } from '../http/schemas.ts'
import { endAllSessions, endSession, type SessionKey } from '../session/end.ts'

// 1 Wire shapes

export interface LogoutInput {
  readonly refreshToken?: string | undefined
  /** Enough by itself; an expired one too. */
  readonly accessToken?: string | undefined
}

const LogoutBody = closedBody<Pick<LogoutInput, 'refreshToken'>>({ refreshToken: Type.Optional(RefreshTokenText) }, [])
const LogoutCall = closedBody<LogoutInput>(
  { refreshToken: Type.Optional(RefreshTokenText), accessToken: Type.Optional(Type.String()) },
  []
)

// 2 The rule

/** Any authentic token ends its session, of an old generation too; anything else ends nothing (RT8) and is no error. */
export async function logout(context: Context, input: LogoutInput, caller: Caller): Promise<void> {
  const session = sessionOf(context, input)
  if (session) await endSession(context, session, 'logout', caller)
}

function sessionOf(context: Context, { refreshToken, accessToken }: LogoutInput): SessionKey | undefined {
  const refresh = refreshToken === undefined ? null : context.refreshTokens.read(refreshToken)
  if (refresh) return { id: refresh.sessionId, secretDigest: refresh.secretDigest }
  const access = accessToken === undefined ? undefined : context.accessTokens.verify(accessToken)
  if (access === undefined || access.outcome === 'invalid') return undefined
  const { id, sessionId } = access.identity.user
  return { id: sessionId, userId: id }
}

// 3 Routes

export const logoutFeature = defineFeature({
  name: 'logout',
  api: (context) => ({
    logout: verb(context, LogoutCall, logout),
    /** Ends every session of the user. */
    logoutAll: (userId: string, call: Call = {}): Promise<void> =>
      runWithin(context, call, async (scoped, caller) => {
        await endAllSessions(scoped, userId, 'logout', caller)
      })
  }),
  routes({ route, transports }, context) {
    route('logout', {
      method: 'POST',
      paths: ['/logout'],
      failures: [403],
      schema: {
        summary: 'Sign out',
        description: 'Ends the session of the refresh token or, without one, of the access token, whatever its state.',
        headers: RefreshHeaders,
        body: LogoutBody,
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        const refresh = transports.presented(request)
        const access = transports.presentedAccess(request)
        // CK8: a stranger's page must not sign its visitor out.
        if (refresh?.via === 'cookie' || access?.via === 'cookie') transports.requireOwnRequest(request)
        const tokens = { refreshToken: refresh?.token, accessToken: access?.token }
        await logout(context, tokens, callerOf(request))
        transports.clear(request, reply)
        reply.code(204)
      }
    })

    route('logoutAll', {
      method: 'POST',
      paths: ['/logout-all'],
      guarded: true,
      failures: [403],
      schema: {
        summary: 'Sign out everywhere',
        description: 'Ends every session of the user, this one too. Needs an access token.',
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        await endAllSessions(context, identityOf(request).user.id, 'logout', callerOf(request))
        transports.clear(request, reply)
        reply.code(204)
      }
    })
  }
})
