import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { authError } from '../errors.ts'
import { RefreshTokenText } from './schemas.ts'

export const RefreshHeaders = Type.Object({ 'x-refresh-token': Type.Optional(RefreshTokenText) })

/** RT7: from the body or the header, never from a URL. Two different ones are a confused client or an attack. */
export function presentedRefreshToken({ body, headers }: FastifyRequest): string | undefined {
  const inBody = (body as { readonly refreshToken?: string }).refreshToken
  const inHeader = headers['x-refresh-token'] as string | undefined
  if (inBody !== undefined && inHeader !== undefined && inBody !== inHeader) throw authError('AUTH_TOKENS_CONFLICT')
  return inBody ?? inHeader
}
