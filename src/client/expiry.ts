/** When a session wants its refresh. Durations only: the device's clock is never compared with the server's. */
import type { Session } from './session.ts'
import { unref } from './tabs.ts'

export interface Expiry {
  follow(session: Session | null): void
  /** It will expire shortly, or nobody said when. */
  isDue(): boolean
  /** It has expired, as far as this device can tell. */
  isOver(): boolean
  close(): void
}

const LONGEST_TIMER = 2 ** 31 - 1
const AFTER_A_FAILURE = 30_000

/** `refresh` is called shortly before the end, and when the page comes back from wherever timers do not run. */
export function watchExpiry(refresh: () => Promise<unknown>): Expiry {
  const closed = new AbortController()
  let session: Session | null = null
  let seenAt = 0
  let dueAfter = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Neither clock alone is right: this one stops in a sleeping device, that one can be set. */
  function age(): number {
    const byTheWall = Date.now() - (session?.receivedAt ?? 0)
    return byTheWall < 0 ? Infinity : Math.max(byTheWall, performance.now() - seenAt)
  }

  function wait(milliseconds: number): void {
    clearTimeout(timer)
    if (closed.signal.aborted || !session?.expiresIn) return
    timer = setTimeout(wake, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER))
    unref(timer)
  }

  function wake(): void {
    if (!session?.expiresIn) return
    if (age() < dueAfter) wait(dueAfter - age())
    else refresh().catch(() => wait(AFTER_A_FAILURE))
  }

  for (const event of ['visibilitychange', 'pageshow', 'online'])
    page.addEventListener?.(event, wake, { signal: closed.signal })

  return {
    follow(next) {
      session = next
      seenAt = performance.now()
      // Jitter, so that the tabs of many users do not come back all at once after an outage.
      dueAfter = (next?.expiresIn ?? 0) * 1000 * (0.95 - 0.05 * Math.random())
      wait(dueAfter - age())
    },
    isDue: () => age() >= dueAfter,
    isOver: () => age() >= (session?.expiresIn ?? Infinity) * 1000,
    close() {
      clearTimeout(timer)
      closed.abort()
    }
  }
}

/** The part of a window that is used here; Node has none of it. */
const page = globalThis as {
  addEventListener?: (event: string, listener: () => void, options: { readonly signal: AbortSignal }) => void
}
