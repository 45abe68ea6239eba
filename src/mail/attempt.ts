/** One try at one letter, and what becomes of the letter when it fails. */
import type { FastifyBaseLogger } from 'fastify'
import type { Events } from '../events.ts'
import { type AuthStore, type ClaimedLetter, type PreparedLetter, StoreUnavailableError } from '../store/index.ts'

/** Eight attempts within two hours. */
const RETRY_SECONDS = [30, 60, 120, 300, 900, 1800, 3600] as const
const ATTEMPTS = RETRY_SECONDS.length + 1
const HELD_BACK_SECONDS = 300
const STORAGE_PAUSE_SECONDS = 30
/** A mail server may hang for longer than the claim on its letter lasts; then somebody else would send it too. */
const GIVE_UP_MS = 45_000

export type ReadyLetter = Extract<PreparedLetter, { outcome: 'ready' }>

export interface AttemptParts {
  readonly store: AuthStore
  readonly events: Events
  readonly log: FastifyBaseLogger
  readonly at: () => { readonly now?: Date }
  readonly rules: Parameters<AuthStore['letters']['prepare']>[1]
  /** Writes the letter and hands it over; nobody waits for it any more when the signal aborts. */
  readonly deliver: (letter: ClaimedLetter, ready: ReadyLetter, signal: AbortSignal) => Promise<void>
}

/** Never rejects. An attempt under way is given up when `closing` aborts. */
export function createAttempt(parts: AttemptParts, closing: AbortSignal): (letter: ClaimedLetter) => Promise<void> {
  const { letters } = parts.store
  /** Those whose end storage would not write down: they come back, and are not sent twice. */
  const handedOver = new Set<string>()

  async function handOver(letter: ClaimedLetter): Promise<'sent' | 'moot' | 'wait'> {
    if (handedOver.has(letter.id)) return 'sent'
    const signal = AbortSignal.any([closing, AbortSignal.timeout(GIVE_UP_MS)])
    const prepared = await letters.prepare(letter, parts.rules, parts.at())
    if (prepared.outcome !== 'ready') return prepared.outcome
    signal.throwIfAborted()
    await Promise.race([parts.deliver(letter, prepared, signal), aborted(signal)])
    handedOver.add(letter.id)
    return 'sent'
  }

  async function conclude(letter: ClaimedLetter, outcome: 'sent' | 'moot'): Promise<void> {
    await letters.close(letter, outcome, parts.at())
    handedOver.delete(letter.id)
  }

  async function giveBack(letter: ClaimedLetter, error: unknown): Promise<void> {
    // The one thing that failed was to write that down.
    if (handedOver.has(letter.id)) return conclude(letter, 'sent')
    // Says nothing about the letter, nor about the mail server.
    if (error instanceof StoreUnavailableError || closing.aborted) {
      return letters.postpone(letter, STORAGE_PAUSE_SECONDS, 'held-back', parts.at())
    }
    const wait = RETRY_SECONDS[letter.attempts]
    if (wait !== undefined) return letters.postpone(letter, wait, 'failed', parts.at())
    await letters.close(letter, 'abandoned', parts.at())
    parts.log.error({ letter: letter.name }, `a letter was given up after ${ATTEMPTS} attempts`)
    parts.events.emit('mail-abandoned', { ip: null, userAgent: null, userId: letter.userId, sessionId: null })
  }

  return async (letter) => {
    try {
      const outcome = await handOver(letter)
      if (outcome === 'wait') return await letters.postpone(letter, HELD_BACK_SECONDS, 'held-back', parts.at())
      await conclude(letter, outcome)
    } catch (error) {
      const tried = { letter: letter.name, attempt: letter.attempts + 1 }
      parts.log.warn({ ...tried, reason: reasonOf(error) }, 'a letter was not sent')
      // Storage that fails here too leaves the letter to the end of its lease.
      await giveBack(letter, error).catch((err: unknown) => parts.log.warn({ err }, 'a letter could not be given back'))
    }
  }
}

/** LG2: an HTTP client's error holds the request that failed, and so the letter with its link. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : typeof error)

async function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
