/** When a session wants its refresh. Durations only: the device's clock is never compared with the server's. */
import { LONGEST_TIMER, REFRESH_AGAIN_AFTER } from './limits.ts'
import type { Session } from './session.ts'

export interface Expiry {
  follow(session: Session | null): void
  /** It will expire shortly, or nobody said when. */
  isDue(): boolean
  /** It has expired, as far as this device can tell. */
  isOver(): boolean
  close(): void
}

/** `refresh` is called shortly before the end, and when the page comes back from wherever timers do not run. */
export function watchExpiry(refresh: () => Promise<unknown>): Expiry {
  const closed = new AbortController()
  const { signal } = closed
  /** How long the session lasts from its answer on; 0 when nobody said. */
  let life = 0
  let dueAfter = 0
  let receivedAt = 0
  let seenAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Neither clock alone is right: this one stops in a sleeping device, that one can be set. */
  function age(): number {
    const byTheWall = Date.now() - receivedAt
    return byTheWall < 0 ? Infinity : Math.max(byTheWall, performance.now() - seenAt)
  }

  function wait(milliseconds = dueAfter - age()): void {
    clearTimeout(timer)
    if (signal.aborted || !life) return
    timer = setTimeout(wake, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER))
    // Node's timers would keep a process alive that has nothing left to do; a browser's have no `unref`.
    timer.unref?.()
  }

  function wake(): void {
    if (!life) return
    if (age() < dueAfter) wait()
    else refresh().catch(() => wait(REFRESH_AGAIN_AFTER))
  }

  for (const event of ['visibilitychange', 'pageshow', 'online'])
    (globalThis as Partial<Page>).addEventListener?.(event, wake, { signal })

  return {
    follow(session) {
      life = (session?.expiresIn ?? 0) * 1000
      receivedAt = session?.receivedAt ?? 0
      seenAt = performance.now()
      // Jitter, so that the tabs of many users do not come back all at once after an outage.
      dueAfter = life * (0.95 - 0.05 * Math.random())
      wait()
    },
    isDue: () => age() >= dueAfter,
    isOver: () => life > 0 && age() >= life,
    close() {
      clearTimeout(timer)
      closed.abort()
    }
  }
}

/** The part of a window that is used here; Node has none of it. */
interface Page {
  addEventListener(event: string, listener: () => void, options: { readonly signal: AbortSignal }): void
}
