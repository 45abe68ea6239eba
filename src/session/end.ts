import type { AuthEventName, Caller } from '../events.ts'
import type { EndedSession, EndReason } from '../store/index.ts'
import type { SessionParts } from './parts.ts'

/** Which session: named by its own secret (a refresh token) or by its owner (an access token). */
export type SessionKey = { readonly id: string } & ({ readonly secretDigest: string } | { readonly userId: string })

/** Ends one session. Nothing happens when it has ended before. */
export async function endSession(
  parts: SessionParts,
  session: SessionKey,
  reason: EndReason,
  caller: Caller
): Promise<EndedSession | null> {
  const ended = await parts.store.sessions.end(session, reason, parts.at())
  if (ended) tellEnded(parts, [ended], reason, caller)
  return ended
}

/** Ends every session of a user but the one that asks. */
export async function endOtherSessions(
  parts: SessionParts,
  userId: string,
  keptId: string,
  caller: Caller
): Promise<void> {
  tellEnded(parts, await parts.store.sessions.endOthers(userId, keptId, 'logout', parts.at()), 'logout', caller)
}

/** Ends every session of a user, those of sign-ins in flight too. */
export async function endAllSessions(
  parts: SessionParts,
  userId: string,
  reason: EndReason,
  caller: Caller
): Promise<readonly EndedSession[]> {
  const ended = await parts.store.sessions.endAll(userId, reason, parts.at())
  tellEnded(parts, ended, reason, caller)
  return ended
}

/** Any other reason is an event of its own, which tells more. */
const TOLD: Partial<Record<EndReason, AuthEventName>> = { logout: 'logout', admin: 'session-ended' }

/** SE4: their access tokens stop here at once. */
function tellEnded(parts: SessionParts, ended: readonly EndedSession[], reason: EndReason, caller: Caller): void {
  parts.ended.add(ended, reason)
  const name = TOLD[reason]
  if (name === undefined) return
  for (const { id, userId } of ended) parts.events.emit(name, { ...caller, sessionId: id, userId })
}
