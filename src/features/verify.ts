import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import { defineFeature } from '../feature.ts'
import { identityOf } from '../http/guard.ts'
import type { Identity, RequestUser } from '../token/identity.ts'

// 1 Wire shapes

export interface VerifyAnswer {
  readonly valid: true
  /** What `request.user` is behind a guard. */
  readonly user: RequestUser
  /** ISO 8601, UTC, milliseconds. */
  readonly expiresAt: string
}

const VerifyReply = Type.Unsafe<VerifyAnswer>(
  Type.Object({
    valid: Type.Literal(true),
    user: Type.Object({ id: Type.String(), sessionId: Type.String() }, { additionalProperties: true }),
    expiresAt: Type.String({ format: 'date-time' })
  })
)

// 2 The rule

/** What an access token proves, to code that received it in another way than a request's header. */
function verifyToken({ identify }: Context, token: string): VerifyAnswer {
  const identification = identify.examine(token)
  if (identification.outcome === 'known') return verified(identification.identity)
  if (identification.outcome === 'anonymous') throw authError('AUTH_ACCESS_TOKEN_MISSING')
  const { code, reason } = identification
  throw authError(code, reason === undefined ? {} : { reason })
}

function verified({ user, expiresAt }: Identity): VerifyAnswer {
  return { valid: true, user, expiresAt: new Date(expiresAt).toISOString() }
}

// 3 Routes

export const verifyFeature = defineFeature({
  name: 'verify',
  api: (context) => ({
    tokens: {
      /** No query: the signature, the claims and what this process knows of ended sessions. */
      verify: (accessToken: string): VerifyAnswer => verifyToken(context, accessToken)
    }
  }),
  routes({ route }) {
    route('verify', {
      method: 'GET',
      paths: ['/verify'],
      guarded: true,
      schema: {
        summary: 'Verify an access token',
        description: 'What the access token proves; asks no database.',
        response: { 200: VerifyReply }
      },
      handler: async (request) => verified(identityOf(request))
    })
  }
})
