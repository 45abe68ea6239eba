import { digest } from '../crypto/digest.ts'
import { newId, newSecret } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import type { UserRecord } from '../store/index.ts'
import { type Grant, sessionAnswer } from './answer.ts'
import type { SessionParts } from './parts.ts'

/** Who signs in, and how long the browser shall keep it. */
export interface SignIn {
  /** The record that was read together with the credential: its epoch says what was proven. */
  readonly user: UserRecord
  readonly remember: boolean
}

/**
 * The one way a session begins (SE2, SE3: a new id and a new secret each time, never the client's).
 *
 * When every session of the user ended since the credential was read, this one does not open.
 */
export async function openSession(parts: SessionParts, { user, remember }: SignIn, caller: Caller): Promise<Grant> {
  for (const gate of parts.gates) {
    const refusal = gate(user)
    if (refusal === undefined) continue
    parts.events.emit('login-refused', { ...caller, userId: user.id, sessionId: null })
    throw authError(refusal)
  }
  const sessionId = newId()
  const secret = newSecret()
  const opened = await parts.store.sessions.open(
    {
      id: sessionId,
      userId: user.id,
      epoch: user.sessionEpoch,
      secretDigest: digest(secret),
      idleSeconds: parts.lifetimes.idleTtl,
      absoluteSeconds: parts.lifetimes.absoluteTtl,
      remember,
      limit: parts.maxSessions,
      ...caller
    },
    parts.at()
  )
  // The password was right a moment ago and may not be any more: neither a success nor a 401 would be true.
  if (opened.outcome === 'refused') throw authError('AUTH_UNAVAILABLE', { retryAfter: 1 })
  parts.ended.add(opened.ended, 'limit')
  const refreshToken = parts.refreshTokens.mint({ sessionId, secret })
  return { sessionId, remember, answer: sessionAnswer(parts, user, { sessionId, refreshToken }) }
}
