import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import type { Caller } from '../events.ts'
import { type Call, defineFeature, runWithin, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import { presentedRefreshToken, RefreshHeaders } from '../http/presented-token.ts'
import { closedBody, RefreshTokenText } from '../http/schemas.ts'
import { endAllSessions, endSession, type SessionKey } from '../session/end.ts'
import { bearerToken } from '../token/bearer.ts'

// 1 Wire shapes

export interface LogoutInput {
  readonly refreshToken?: string
  /** Enough by itself; an expired one too. */
  readonly accessToken?: string
}

const LogoutBody = closedBody<Pick<LogoutInput, 'refreshToken'>>({ refreshToken: Type.Optional(RefreshTokenText) }, [])
const LogoutCall = closedBody<LogoutInput>(
  { refreshToken: Type.Optional(RefreshTokenText), accessToken: Type.Optional(Type.String()) },
  []
)

const Done = Type.Null({ description: 'No content' })

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
  routes(route, context) {
    route('logout', {
      method: 'POST',
      paths: ['/logout'],
      schema: {
        summary: 'Sign out',
        description: 'Ends the session of the refresh token or, without one, of the access token, whatever its state.',
        headers: RefreshHeaders,
        body: LogoutBody,
        response: { 204: Done }
      },
      handler: async (request, reply) => {
        const refreshToken = presentedRefreshToken(request)
        const accessToken = bearerToken(request.headers.authorization)
        await logout(
          context,
          { ...(refreshToken !== undefined && { refreshToken }), ...(accessToken !== undefined && { accessToken }) },
          callerOf(request)
        )
        reply.code(204)
      }
    })

    route('logoutAll', {
      method: 'POST',
      paths: ['/logout-all'],
      guarded: true,
      schema: {
        summary: 'Sign out everywhere',
        description: 'Ends every session of the user, this one too. Needs an access token.',
        response: { 204: Done }
      },
      handler: async (request, reply) => {
        await endAllSessions(context, identityOf(request).user.id, 'logout', callerOf(request))
        reply.code(204)
      }
    })
  }
})
