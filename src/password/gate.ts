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
  /**
   * Takes in whoever finds a place among those that work and those that wait; the others are refused with
   * `AUTH_OVERLOADED`, their work not begun. What comes before the costly part takes a place and holds nobody up.
   */
  admit<T>(work: (costly: Costly) => Promise<T>): Promise<T>
  /** Work that is costly from its beginning. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** First come, first served. */
export type Costly = <T>(work: () => Promise<T>) => Promise<T>

export function createGate({ concurrency, queue }: GateLimits): Gate {
  let admitted = 0
  let running = 0
  const waiting: (() => void)[] = []

  async function costly<T>(work: () => Promise<T>): Promise<T> {
    if (running < concurrency) running += 1
    else await new Promise<void>((begin) => waiting.push(begin))
    try {
      return await work()
    } finally {
      const begin = waiting.shift()
      // The turn is handed on, never set free in between: a newcomer cannot overtake those who wait.
      if (begin) begin()
      else running -= 1
    }
  }

  async function admit<T>(work: (costly: Costly) => Promise<T>): Promise<T> {
    // The jitter keeps clients that were refused together from coming back together.
    if (admitted >= concurrency + queue) throw authError('AUTH_OVERLOADED', { retryAfter: randomInt(1, 6) })
    admitted += 1
    try {
      return await work(costly)
    } finally {
      admitted -= 1
    }
  }

  return { admit, run: (work) => admit((costly) => costly(work)) }
}
