/** Sends what was posted: claims letters and tries each, round after round. Every process has one at work. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AttemptParts, createAttempt } from './attempt.ts'

/** Longer than any attempt lasts, short enough for a person who waits after a crash. */
const LEASE_SECONDS = 60
const BATCH = 10
/** What other processes posted and what fell due is found by looking; what was posted here wakes it at once. */
const LOOK_EVERY_MS = 2000
/** An answer goes first, and what is posted at the same time goes out together. */
const WAKE_AFTER_MS = 20
/** What was sent counts towards the share of its address for an hour. */
const KEEP_SECONDS = 3600
const FORGET_EVERY_MS = 5 * 60 * 1000
/** How long a process that closes waits for the letters under way; then their attempts are given up. */
const CLOSING_MS = 3000

export interface Outbox {
  /** Something was posted. Returns at once: no answer waits for a mail server. */
  wake(): void
  /** Tries every unsent letter now, those too whose turn is later; resolves when each was tried once. */
  flush(): Promise<void>
  /** No new letter is begun; resolves when those under way are done or given up, within five seconds. */
  stop(): Promise<void>
}

export function createOutbox(parts: AttemptParts): Outbox {
  const { letters } = parts.store
  const closing = new AbortController()
  const attempt = createAttempt(parts, closing.signal)
  let stopped = false
  let again = false
  let forgottenAt = Number.NEGATIVE_INFINITY
  let working: Promise<void> | undefined

  const claim = (early: boolean) => letters.claim({ limit: BATCH, leaseSeconds: LEASE_SECONDS, early }, parts.at())

  /** One round at a time; what comes meanwhile makes another. */
  async function work(): Promise<void> {
    if (stopped) return
    again = working !== undefined
    working ??= rounds().finally(() => {
      working = undefined
    })
    await working
  }

  async function rounds(): Promise<void> {
    do {
      again = false
      await round()
    } while (again && !stopped)
  }

  async function round(): Promise<void> {
    try {
      for (;;) {
        const claimed = await claim(false)
        await Promise.all(claimed.map(attempt))
        // Letters that failed just now are not due: only a full batch says that more may wait.
        if (claimed.length < BATCH || stopped) break
      }
      await forget()
    } catch (error) {
      parts.log.warn({ err: error }, 'the outbox could not be read; it is tried again')
    }
  }

  async function forget(): Promise<void> {
    if (performance.now() - forgottenAt < FORGET_EVERY_MS) return
    await letters.forget(KEEP_SECONDS, parts.at())
    forgottenAt = performance.now()
  }

  /** Makes every unsent letter due. All are claimed first: one that is given back would be claimed again, and for ever. */
  async function hasten(): Promise<void> {
    const claimed = await claim(true)
    if (claimed.length === BATCH) await hasten()
    for (const letter of claimed) await letters.postpone(letter, 0, 'held-back', parts.at())
  }

  let woken: NodeJS.Timeout | undefined
  const timer = setInterval(work, LOOK_EVERY_MS).unref()
  return {
    wake() {
      woken ??= setTimeout(() => {
        woken = undefined
        return work()
      }, WAKE_AFTER_MS)
    },
    async flush() {
      await hasten()
      await work()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(woken)
      const givingUp = setTimeout(() => closing.abort(), CLOSING_MS)
      // Storage may hang where no signal reaches it.
      await Promise.race([working, sleep(CLOSING_MS + 1000, undefined, { ref: false })])
      clearTimeout(givingUp)
    }
  }
}
