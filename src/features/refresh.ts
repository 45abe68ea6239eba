import { Type } from '@sinclair/typebox'
import { authError } from '../errors.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { presentedRefreshToken, RefreshHeaders } from '../http/presented-token.ts'
import { closedBody, RefreshTokenText, sessionAnswerSchema } from '../http/schemas.ts'
import { rotateSession } from '../session/rotate.ts'

// 1 Wire shapes

export interface RefreshInput {
  readonly refreshToken?: string
}

export const RefreshBody = closedBody<RefreshInput>({ refreshToken: Type.Optional(RefreshTokenText) }, [])

// 2 The rule is session/rotate's

// 3 Routes

export const refreshFeature = defineFeature({
  name: 'refresh',
  api: (context) => ({
    refresh: verb(context, RefreshBody, async (scoped, { refreshToken }: RefreshInput, caller) => {
      return rotateSession(scoped, refreshToken ?? '', caller)
    })
  }),
  routes(route, context) {
    route('refresh', {
      method: 'POST',
      paths: ['/refresh', '/refresh-token'],
      failures: [401],
      schema: {
        summary: 'Refresh',
        description:
          'Exchanges a refresh token, in the body or in `x-refresh-token`, for the next one and a new access token. ' +
          'A used one that comes back ends its session.',
        headers: RefreshHeaders,
        body: RefreshBody,
        response: { 200: sessionAnswerSchema(context.config) }
      },
      handler: async (request) => {
        const token = presentedRefreshToken(request)
        if (token === undefined) throw authError('AUTH_REFRESH_TOKEN_INVALID')
        return rotateSession(context, token, callerOf(request))
      }
    })
  }
})
