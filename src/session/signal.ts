import { authError } from '../errors.ts'
import type { EndReason } from '../store/index.ts'
import type { Identity } from '../token/identity.ts'
import type { EndedSessions } from './ended-sessions.ts'

/** No timer is longer (HTML, timers): beyond it `setTimeout` fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** By what a token proves: however many of its requests ask, one listener and one timer wait. */
const signals = new WeakMap<Identity, AbortSignal>()

/**
 * Aborts when the session ends or the token expires, whichever is first. Each is a signal of its own, which goes with
 * whoever listens to it, long before the token expires.
 */
export function sessionSignal(ended: EndedSessions, identity: Identity): AbortSignal {
  const signal = signals.get(identity) ?? tokenSignal(ended, identity)
  signals.set(identity, signal)
  return AbortSignal.any([signal])
}

function tokenSignal(ended: EndedSessions, { user, expiresAt }: Identity): AbortSignal {
  const controller = new AbortController()
  const end = (reason: EndReason) => controller.abort(authError('AUTH_SESSION_ENDED', { reason }))
  const known = ended.reasonOf(user.sessionId)
  if (known !== undefined) {
    end(known)
    return controller.signal
  }
  const forget = ended.onEnd(user.sessionId, end)
  const expire = () => controller.abort(authError('AUTH_ACCESS_TOKEN_EXPIRED'))
  const timer = setTimeout(expire, Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER_MS)).unref()
  controller.signal.addEventListener('abort', () => {
    forget()
    clearTimeout(timer)
  })
  return controller.signal
}
