import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import type { RefreshToken } from '../token/refresh-token.ts'
import { type SessionAnswer, sessionAnswer } from './answer.ts'
import type { SessionParts } from './parts.ts'

/**
 * Refresh with rotation and reuse detection (RFC 9700 2.2.2, 4.14.2).
 *
 * A forged token costs no query. Identical tokens in flight share one rotation, since within the grace they would all
 * be given the same successor; with no grace there is exactly one success, so nothing is shared.
 */
export function rotateSession(parts: SessionParts, token: string, caller: Caller): Promise<SessionAnswer> {
  const read = parts.refreshTokens.read(token)
  if (read === null) throw authError('AUTH_REFRESH_TOKEN_INVALID')
  if (parts.lifetimes.grace === 0) return rotate(parts, read, caller)
  const underWay = parts.refreshing.get(token)
  if (underWay) return underWay
  const rotation = rotate(parts, read, caller).finally(() => parts.refreshing.delete(token))
  parts.refreshing.set(token, rotation)
  return rotation
}

async function rotate(parts: SessionParts, token: RefreshToken, caller: Caller): Promise<SessionAnswer> {
  const { sessionId, secret, secretDigest, generation } = token
  const result = await parts.store.sessions.rotate(
    {
      id: sessionId,
      secretDigest,
      generation,
      graceSeconds: parts.lifetimes.grace,
      idleSeconds: parts.lifetimes.idleTtl,
      rotate: parts.lifetimes.rotate
    },
    parts.at()
  )
  switch (result.outcome) {
    case 'replayed':
      parts.events.emit('refresh-replayed', { ...caller, sessionId, userId: result.session.user.id })
      return sessionAnswer(parts, result.session.user, { sessionId, secret, generation: result.session.generation })
    case 'rotated':
      return sessionAnswer(parts, result.session.user, { sessionId, secret, generation: result.session.generation })
    case 'reused':
      parts.ended.add([{ id: sessionId }], 'reuse')
      parts.events.emit('refresh-reused', { ...caller, sessionId, userId: result.userId })
      throw authError('AUTH_SESSION_ENDED', { reason: 'reuse' })
    case 'ended':
      throw authError('AUTH_SESSION_ENDED', { reason: result.reason })
    case 'unknown':
      throw authError('AUTH_REFRESH_TOKEN_INVALID')
  }
}
