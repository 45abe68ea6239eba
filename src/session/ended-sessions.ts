import type { EndedSession, EndReason } from '../store/index.ts'

/**
 * The sessions that ended within the last lifetime of an access token: what makes a token die with its session, at once
 * and without a query. Older ones need no place here, since their tokens have expired.
 */
export interface EndedSessions {
  add(sessions: readonly Pick<EndedSession, 'id'>[], reason: EndReason): void
  /** Why it ended; undefined for a session that lives, as far as this process knows. */
  reasonOf(sessionId: string): EndReason | undefined
}

export function createEndedSessions(settings: {
  readonly accessTtl: number
  readonly clock: () => number
}): EndedSessions {
  // A Map keeps its order of insertion, which is the order of time: the first entries are the ones to forget.
  const ended = new Map<string, { readonly reason: EndReason; readonly at: number }>()

  function forgetExpired(now: number): void {
    const horizon = now - settings.accessTtl * 1000
    for (const [id, { at }] of ended) {
      if (at >= horizon) return
      ended.delete(id)
    }
  }

  return {
    add(sessions, reason) {
      const at = settings.clock()
      forgetExpired(at)
      for (const { id } of sessions) if (!ended.has(id)) ended.set(id, { reason, at })
    },
    reasonOf: (sessionId) => ended.get(sessionId)?.reason
  }
}
