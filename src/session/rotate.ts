import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import type { OpenSession } from '../store/index.ts'
import type { RefreshToken } from '../token/refresh-token.ts'
import { type Grant, type RefreshResult, sessionAnswer } from './answer.ts'
import type { SessionParts } from './parts.ts'

/**
 * Refresh with rotation and reuse detection (RFC 9700 2.2.2, 4.14.2).
 *
 * A forged token costs no query. Identical tokens in flight share one rotation, since within the grace they would all
 * be given the same successor; with no grace there is exactly one success, so nothing is shared.
 *
 * @param caller looked up for what is told only, which few refreshes are
 */
export async function rotateSession(parts: SessionParts, token: string, caller: () => Caller): Promise<Grant> {
  const read = parts.refreshTokens.read(token)
  if (read === null) throw authError('AUTH_REFRESH_TOKEN_INVALID')
  const rotation = parts.refreshing.get(token) ?? begin(parts, token, read, caller)
  try {
    const result = await rotation
    if ('refusal' in result) throw authError(result.refusal, result.detail)
    return result.grant
  } finally {
    parts.refreshing.delete(token)
  }
}

function begin(parts: SessionParts, token: string, read: RefreshToken, caller: () => Caller): Promise<RefreshResult> {
  const rotation = rotate(parts, read, caller)
  if (parts.lifetimes.grace > 0) parts.refreshing.set(token, rotation)
  return rotation
}

async function rotate(parts: SessionParts, token: RefreshToken, caller: () => Caller): Promise<RefreshResult> {
  const { sessionId, secretDigest, generation } = token
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
      parts.events.emit('refresh-replayed', { ...caller(), sessionId, userId: result.session.user.id })
      return { grant: grant(parts, result.session, token) }
    case 'rotated':
      return { grant: grant(parts, result.session, token) }
    case 'reused':
      parts.ended.add([{ id: sessionId }], 'reuse')
      parts.events.emit('refresh-reused', { ...caller(), sessionId, userId: result.userId })
      return { refusal: 'AUTH_SESSION_ENDED', detail: { reason: 'reuse' } }
    case 'ended':
      return { refusal: 'AUTH_SESSION_ENDED', detail: { reason: result.reason } }
    case 'unknown':
      return { refusal: 'AUTH_REFRESH_TOKEN_INVALID', detail: {} }
  }
}

function grant(parts: SessionParts, { id, user, generation, remember }: OpenSession, token: RefreshToken): Grant {
  const refreshToken = parts.refreshTokens.renew(token, generation)
  return { sessionId: id, remember, answer: sessionAnswer(parts, user, { sessionId: id, refreshToken }) }
}
