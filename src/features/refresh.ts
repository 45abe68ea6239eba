import { Type } from '@sinclair/typebox'
import { authError } from '../errors.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { closedBody, RefreshHeaders, RefreshTokenText, sessionAnswerSchema } from '../http/schemas.ts'
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
      return (await rotateSession(scoped, refreshToken ?? '', () => caller)).answer
    })
  }),
  routes({ route, transports }, context) {
    route('refresh', {
      method: 'POST',
      paths: ['/refresh', '/refresh-token'],
      failures: [401, 403],
      schema: {
        summary: 'Refresh',
        description:
          'Exchanges a refresh token, in the body, in `x-refresh-token` or in its cookie, for the next one and a new access token. ' +
          'A used one that comes back ends its session.',
        headers: RefreshHeaders,
        body: RefreshBody,
        response: { 200: sessionAnswerSchema(context.config) }
      },
      // A refused one clears no cookies: another tab may have won the race for them.
      handler: async (request, reply) => {
        const presented = transports.presented(request)
        if (presented === undefined) throw authError('AUTH_REFRESH_TOKEN_INVALID')
        const transport = transports.continued(request, presented.via)
        if (presented.via === 'cookie') transports.requireOwnRequest(request)
        const grant = await rotateSession(context, presented.token, () => callerOf(request))
        return transports.hand(reply, grant, transport)
      }
    })
  }
})
