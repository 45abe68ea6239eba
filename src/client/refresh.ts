/** The one place that rotates tokens, and the only one that takes a refusal for an end. */
import type { AuthClientError } from './error.ts'
import type { Keep } from './keep.ts'
import { LONGEST_PAUSE, REFRESH_TRIES } from './limits.ts'
import type { CallServer } from './server.ts'
import type { Session, SessionAnswer, Sessions } from './session.ts'
import type { SignedOutReason } from './shapes.ts'
import { pause } from './tabs.ts'

/**
 * `stale` is the session that the caller saw; when it is not the newest any more, the newest is the answer. Null when
 * nobody is signed in; throws when that cannot be told now, and the session stays. `ended` is why a guarded route
 * refused the session, in case the server has forgotten it by now.
 */
export type Refresh = (stale: Session | null, ended?: string) => Promise<Session | null>

export function createRefresh({ sharedBy }: Keep, sessions: Sessions, call: CallServer): Refresh {
  const hasJar = sharedBy === 'jar'
  let flight: Promise<Session | null> | undefined

  async function exchange(stale: Session | null, ended = 'invalid'): Promise<Session | null> {
    await sessions.askCopies()
    for (let tries = 1; ; tries++) {
      const held = sessions.current()
      if (held !== stale || !(held || hasJar)) return held
      try {
        const answer = await call<SessionAnswer>('/refresh', { refreshToken: held?.refreshToken })
        // Whoever signed out meanwhile stays signed out.
        if (sessions.current() === held) sessions.hold(answer)
        return sessions.current()
      } catch (error) {
        // Another tab was faster, and this one's token the older.
        if (sessions.current() !== held) continue
        const { status, code, reason, retryAfter } = error as AuthClientError
        if (status === 401 && /^AUTH_(REFRESH_TOKEN_|SESSION_ENDED)/.test(code)) {
          if (!held) return held
          // The loser of a race sent cookies that have been replaced by now.
          if (hasJar && tries === 1) continue
          sessions.drop((reason ?? ended) as SignedOutReason)
          return null
        }
        // The same token again is safe: within its grace the server answers the same successor.
        const seconds = Math.max(retryAfter, (2 ** tries * (1 + Math.random())) / 8)
        const isPassing = !status || status === 429 || status >= 500
        if (!isPassing || tries === REFRESH_TRIES || seconds > LONGEST_PAUSE) throw error
        await pause(seconds * 1000)
      }
    }
  }

  return (stale, ended) => {
    flight ??= sessions
      .inTurn(() => exchange(stale, ended))
      .finally(() => {
        flight = undefined
      })
    return flight
  }
}
