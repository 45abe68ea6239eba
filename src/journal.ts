/** Writes down what happens to users, behind the answers: no request waits for it, and none fails with it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from './crypto/random.ts'
import type { AuthEvent, AuthEventName } from './events.ts'
import { type EventRecord, type EventStore, StoreUnavailableError } from './store/index.ts'

/** What happens meanwhile is written in the same statement. */
const WRITE_AFTER_MS = 500
const BATCH = 200
/** While storage does not answer: about a megabyte. What comes on top is told to listeners and not kept. */
const MAX_WAITING = 2000
const CLOSING_MS = 3000

export interface Journal {
  /** Returns at once. */
  record(name: AuthEventName, event: AuthEvent): void
  /** Resolves when what was recorded before is in storage, or could not be brought there for now. */
  flush(): Promise<void>
  /** A last try, of three seconds at most. */
  stop(): Promise<void>
}

export function createJournal(store: EventStore, log: FastifyBaseLogger): Journal {
  const waiting: EventRecord[] = []
  let lost = 0
  let writing = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  /** Told once, not at each try of an outage. */
  let troubled = false

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    // One after another: what is being written is still the first that waits.
    writing = writing.then(write)
    return writing
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      try {
        await store.add(batch)
      } catch (error) {
        if (error instanceof StoreUnavailableError) return postpone(error)
        log.error({ err: error, events: batch.length }, 'events could not be written and are lost')
      }
      waiting.splice(0, batch.length)
      troubled = false
    }
    tellLost()
  }

  function postpone(error: StoreUnavailableError): void {
    if (!troubled) log.warn({ err: error }, 'events could not be written; it is tried again until they can')
    troubled = true
    schedule()
  }

  function schedule(): void {
    timer ??= setTimeout(flush, WRITE_AFTER_MS).unref()
  }

  function tellLost(): void {
    if (lost > 0) log.error({ events: lost }, 'events were lost while storage took none')
    lost = 0
  }

  return {
    record(name, event) {
      const record = recordOf(name, event)
      if (record === null) return
      if (waiting.length < MAX_WAITING) waiting.push(record)
      else lost++
      schedule()
    },
    flush,
    async stop() {
      await Promise.race([flush(), sleep(CLOSING_MS, undefined, { ref: false })])
      clearTimeout(timer)
      lost += waiting.length
      tellLost()
    }
  }
}

/** Of one call inside a transaction of the host's: what happened there is written there, and gone if it is rolled back. */
export interface Draft extends Pick<Journal, 'record' | 'flush'> {
  /** The call failed: that happened, whatever becomes of the transaction. */
  handOver(): void
}

export function createDraft(store: EventStore, journal: Pick<Journal, 'record'>): Draft {
  const happened: Parameters<Journal['record']>[] = []
  return {
    record: (...event) => void happened.push(event),
    async flush() {
      const records = happened.splice(0).flatMap((event) => recordOf(...event) ?? [])
      if (records.length > 0) await store.add(records)
    },
    handOver() {
      for (const event of happened.splice(0)) journal.record(...event)
    }
  }
}

/** Null for what concerns no user: whoever tries names at random would fill the table. */
function recordOf(name: AuthEventName, { userId, ...event }: AuthEvent): EventRecord | null {
  if (userId === null) return null
  // The first of a session's replays, and no other: every tab causes some, and nothing may grow with the refreshes.
  const id = name === 'refresh-replayed' ? event.sessionId : null
  return { id: id ?? newId(), name, userId, ...event }
}
