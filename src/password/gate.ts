/**
 * A bound on costly work. argon2 fills the thread pool that DNS and the file system share: an unbounded flood of
 * sign-ins would stall the whole process, and a long queue would only serve clients that have gone away.
 */
import { randomInt } from 'node:crypto'
import { authError } from '../errors.ts'

export interface GateLimits {
  /** How many run at the same time. */
  readonly concurrency: number
  /** How many wait for their turn; whoever comes after them is refused at once. */
  readonly queue: number
}

export interface Gate {
  /** First come, first served; rejects with `AUTH_OVERLOADED`, the work not begun, when every place is taken. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createGate({ concurrency, queue }: GateLimits): Gate {
  let running = 0
  const waiting: (() => void)[] = []

  async function enter(): Promise<void> {
    if (running < concurrency) {
      running += 1
    } else if (waiting.length < queue) {
      await new Promise<void>((admit) => waiting.push(admit))
    } else {
      // The jitter keeps clients that were refused together from coming back together.
      throw authError('AUTH_OVERLOADED', { retryAfter: randomInt(1, 6) })
    }
  }

  function leave(): void {
    const admit = waiting.shift()
    // The place is handed on, never set free in between: a newcomer cannot overtake those who wait.
    if (admit) admit()
    else running -= 1
  }

  return {
    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    }
  }
}
