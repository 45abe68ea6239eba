/** The state machine of refresh-token rotation, for databases that cannot decide in the statement itself. */
import type { EndReason, RotateSession, SessionOutcome, UserRecord } from '../../store/index.ts'

/** By what a session is alive or over. */
export interface Standing {
  readonly epoch: number
  readonly idleExpiresAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly endReason: EndReason | null
  readonly user: Pick<UserRecord, 'disabledAt' | 'sessionEpoch'>
}

/** A session whose id and secret are those of the token, with its user. */
export interface StoredSession extends Standing {
  readonly generation: number
  readonly rotatedAt: Date
  readonly remember: boolean
  readonly user: UserRecord
}

/** Why the session is over, or null while it lives. */
export function whyOver(session: Standing, now: Date): EndReason | null {
  if (session.endedAt !== null) return session.endReason ?? 'admin'
  if (session.expiresAt <= now || session.idleExpiresAt <= now) return 'expired'
  if (session.user.disabledAt !== null) return 'disabled'
  // Every session was ended and this one's row did not hear of it, as after restoring a part of a backup.
  if (session.user.sessionEpoch !== session.epoch) return 'admin'
  return null
}

export function decideRotation(
  session: StoredSession,
  { id, generation, graceSeconds, rotate }: RotateSession,
  now: Date
): SessionOutcome {
  const reason = whyOver(session, now)
  if (reason !== null) return { outcome: 'ended', reason }
  const { user, remember } = session
  // A generation ahead of ours was signed by us and lost by the database, in a failover or a restore: it heals.
  if (generation >= session.generation) {
    return { outcome: 'rotated', session: { id, user, generation: rotate ? generation + 1 : generation, remember } }
  }
  const age = now.getTime() - session.rotatedAt.getTime()
  const withinGrace = graceSeconds > 0 && age <= graceSeconds * 1_000
  if (generation === session.generation - 1 && withinGrace) {
    return { outcome: 'replayed', session: { id, user, generation: session.generation, remember } }
  }
  return { outcome: 'reused', userId: user.id }
}
