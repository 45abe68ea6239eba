import { digest } from '../crypto/mac.ts'
import { newId, newSecret } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import type { UserRecord } from '../store/index.ts'
import { type SessionAnswer, sessionAnswer } from './answer.ts'
import type { SessionParts } from './parts.ts'

const USER_AGENT_LENGTH = 512

export interface OpenedSession {
  readonly sessionId: string
  readonly answer: SessionAnswer
}

/**
 * The one way a session begins (SE2, SE3: a new id and a new secret each time, never the client's).
 *
 * `user` must be the record that was read together with the credential: its epoch says what was proven. When every
 * session of the user ended meanwhile, this one does not open.
 */
export async function openSession(parts: SessionParts, user: UserRecord, caller: Caller): Promise<OpenedSession> {
  for (const gate of parts.gates) {
    const refusal = gate(user)
    if (refusal) throw authError(refusal)
  }
  const sessionId = newId()
  const secret = newSecret()
  const { outcome } = await parts.store.sessions.open(
    {
      id: sessionId,
      userId: user.id,
      epoch: user.sessionEpoch,
      secretDigest: digest(secret),
      idleSeconds: parts.lifetimes.idleTtl,
      absoluteSeconds: parts.lifetimes.absoluteTtl,
      ip: caller.ip,
      userAgent: caller.userAgent?.slice(0, USER_AGENT_LENGTH) ?? null
    },
    parts.at()
  )
  // The password was right a moment ago and may not be any more: neither a success nor a 401 would be true.
  if (outcome === 'refused') throw authError('AUTH_UNAVAILABLE', { retryAfter: 1 })
  return { sessionId, answer: sessionAnswer(parts, user, { sessionId, secret, generation: 0 }) }
}
