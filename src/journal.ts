/** Writes down what happens to users, behind the answers: no request waits for it, and none fails with it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from './crypto/random.ts'
import { type AuthEvent, type AuthEventName, FAILURES } from './events.ts'
import { type EventRecord, type EventStore, StoreUnavailableError } from './store/index.ts'

/** What happens meanwhile is written in the same statement. */
const WRITE_AFTER_MS = 500
const BATCH = 200
/** While storage does not answer. What comes on top is told to listeners and not kept. */
const MAX_WAITING = 2000
/** For a closing app, and for storage that neither answers nor fails: after that it is an outage. */
const PATIENCE_MS = 3000

export interface Journal {
  /** Returns at once. */
  record(name: AuthEventName, event: AuthEvent): void
  /** Resolves when what was recorded before is in storage, or could not be brought there for now. */
  flush(): Promise<void>
  /** A last try, of three seconds at most. */
  stop(): Promise<void>
}

export function createJournal(store: EventStore, log: FastifyBaseLogger): Journal {
  /** By their ids: of events with one id the first is kept, here as in storage. */
  const waiting = new Map<string, EventRecord>()
  let lost = 0
  let writing = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  /** Storage did not take the last ones: told once, not at each try of an outage. */
  let troubled = false
  let stopped = false

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    // One after another: what is being written still waits.
    writing = writing.then(write)
    return writing
  }

  async function write(): Promise<void> {
    const hanging = setTimeout(() => {
      troubled = true
    }, PATIENCE_MS).unref()
    try {
      const records = [...waiting.values()]
      for (let begin = 0; begin < records.length; begin += BATCH) await add(records.slice(begin, begin + BATCH))
      troubled = false
      tellLost()
    } catch (error) {
      if (!troubled) log.warn({ err: error }, 'events could not be written; it is tried again until they can')
      troubled = true
    } finally {
      clearTimeout(hanging)
    }
    if (waiting.size > 0) schedule()
  }

  async function add(records: readonly EventRecord[]): Promise<void> {
    try {
      const held = new Set(await store.add(records))
      for (const { id } of records) if (!held.has(id)) waiting.delete(id)
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error
      // One that storage will never take must not take the others with it.
      if (records.length > 1) {
        for (const record of records) await add([record])
        return
      }
      log.error({ err: error }, 'an event could not be written and is lost')
      for (const { id } of records) waiting.delete(id)
    }
  }

  function schedule(): void {
    if (!stopped) timer ??= setTimeout(flush, WRITE_AFTER_MS).unref()
  }

  function tellLost(): void {
    if (lost > 0) log.error({ events: lost }, 'events were lost while storage took none')
    lost = 0
  }

  return {
    record(name, event) {
      const record = recordOf(name, event)
      if (record === null || waiting.has(record.id)) return
      if (stopped || (troubled && waiting.size >= MAX_WAITING)) lost++
      else waiting.set(record.id, record)
      schedule()
    },
    flush,
    async stop() {
      stopped = true
      await Promise.race([flush(), sleep(PATIENCE_MS, undefined, { ref: false })])
      lost += waiting.size
      tellLost()
    }
  }
}

/** Of one call inside a transaction of the host's: what happened there is written there, and gone if it is rolled back. */
export interface Draft extends Pick<Journal, 'record' | 'flush'> {
  /** The call failed. */
  handOver(): void
}

export function createDraft(store: EventStore, journal: Pick<Journal, 'record'>): Draft {
  const happened: Parameters<Journal['record']>[] = []
  return {
    record: (...event) => void happened.push(event),
    async flush() {
      const pages = happened.splice(0).map((event) => ({ event, record: recordOf(...event) }))
      const records = pages.flatMap(({ record }) => record ?? [])
      const held = records.length > 0 ? await store.add(records) : []
      for (const { event, record } of pages) if (record && held.includes(record.id)) journal.record(...event)
    },
    handOver() {
      // They were tried, whatever becomes of the transaction; the others may never have come to be.
      for (const [name, event] of happened.splice(0)) if (FAILURES.has(name)) journal.record(name, event)
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
