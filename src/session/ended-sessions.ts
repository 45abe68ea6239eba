import type { EndedSession, EndReason } from '../store/index.ts'

/**
 * The sessions that ended within the last lifetime of an access token: what makes a token die with its session, at once
 * and without a query. Older ones need no place here, since their tokens have expired.
 */
export interface EndedSessions {
  add(sessions: readonly Pick<EndedSession, 'id'>[], reason: EndReason): void
  /** Why it ended; undefined for a session that lives, as far as this process knows. */
  reasonOf(sessionId: string): EndReason | undefined
  /** Calls the listener once, when the session ends, until the function that is returned is called. */
  onEnd(sessionId: string, listener: (reason: EndReason) => void): () => void
}

interface Settings {
  /** Seconds. */
  readonly accessTtl: number
  readonly clock: () => number
}

export function createEndedSessions({ accessTtl, clock }: Settings): EndedSessions {
  // A Map keeps its order of insertion, which is the order of time: the first entries are the ones to forget.
  const ended = new Map<string, { readonly reason: EndReason; readonly at: number }>()
  const listeners = new Map<string, Set<(reason: EndReason) => void>>()

  function forgetExpired(now: number): void {
    const horizon = now - accessTtl * 1000
    for (const [id, { at }] of ended) {
      if (at >= horizon) return
      ended.delete(id)
    }
  }

  return {
    add(sessions, reason) {
      const at = clock()
      forgetExpired(at)
      for (const { id } of sessions) {
        if (ended.has(id)) continue
        ended.set(id, { reason, at })
        for (const listener of listeners.get(id) ?? []) listener(reason)
        listeners.delete(id)
      }
    },

    reasonOf: (sessionId) => ended.get(sessionId)?.reason,

    onEnd(sessionId, listener) {
      const known = listeners.get(sessionId) ?? new Set()
      listeners.set(sessionId, known.add(listener))
      return () => {
        known.delete(listener)
        if (known.size === 0 && listeners.get(sessionId) === known) listeners.delete(sessionId)
      }
    }
  }
}
