import { authError } from '../errors.ts'
import type { EndReason } from '../store/index.ts'
import type { Identity } from '../token/identity.ts'
import type { EndedSessions } from './ended-sessions.ts'

/** No timer is longer (HTML, timers): beyond it `setTimeout` fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Aborts when the session ends or the token expires, whichever is first. */
export function sessionSignal(ended: EndedSessions, { user, expiresAt }: Identity): AbortSignal {
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
