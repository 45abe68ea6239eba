/** Brings the sessions that ended in other processes into this one's set, within the bound that the options state. */
import type { FastifyBaseLogger } from 'fastify'
import type { AuthStore, EndReason, Listening } from '../store/index.ts'
import { StoreUnavailableError } from '../store/index.ts'
import type { EndedSessions } from './ended-sessions.ts'

/** Commits arrive out of the order of their timestamps: a cursor alone would miss sessions for ever. */
const OVERLAP_SECONDS = 10
/** Where notifications come through, looking is only for what one of them could not tell. */
const LISTENING_MS = 10_000
const FORGET_EVERY_MS = 60 * 60 * 1000
const PATIENCE_MS = 3000

export interface EndedFeed {
  /** Resolves when what ended before is known. */
  start(): Promise<void>
  stop(): Promise<void>
  /** False when others may have ended sessions that this process has not heard of. */
  isFresh(): boolean
  /**
   * Asks the database. Null when the session lives, and when the database does not answer: a token then stands until it
   * expires, unless `strict` asks for the failure itself.
   */
  ask(sessionId: string, strict?: boolean): Promise<EndReason | null>
}

export interface EndedFeedParts {
  readonly store: AuthStore
  readonly ended: EndedSessions
  readonly log: FastifyBaseLogger
  readonly at: () => { readonly now?: Date }
  /** Seconds: how long an ended session is worth knowing. */
  readonly accessTtl: number
  /** Seconds until an ended session is known here. */
  readonly within: number
}

export function createEndedFeed({ store, ended, log, at, accessTtl, within }: EndedFeedParts): EndedFeed {
  // Half of the bound: the other half is for a look that takes its time on a busy machine.
  const pollingMs = within * 500
  let listening: Listening | null = null
  /** Whether a notification came through: LISTEN through a transaction pooler succeeds and stays silent. */
  let hears = false
  let stopped = false
  let readAt = Number.NEGATIVE_INFINITY
  let readOn = Number.NEGATIVE_INFINITY
  let forgottenAt = performance.now()
  let listenAgainAt = Number.NEGATIVE_INFINITY
  let saidAt = Number.NEGATIVE_INFINITY
  /** Whether the last hello has not come back yet. */
  let unanswered = false
  /** Told once, not at each look of an outage. */
  let troubled = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let next: Promise<void> | undefined

  // While a hello is under way nothing is left to notifications.
  const intervalMs = () => (hears && !unanswered ? LISTENING_MS : pollingMs)

  async function read(): Promise<void> {
    const begun = performance.now()
    const wall = at().now?.getTime() ?? Date.now()
    // Whichever went further: the one stands still while a machine sleeps, the other may be set back.
    const missed = Math.min(Math.max(begun - readAt, wall - readOn) / 1000, accessTtl)
    for (const { id, reason } of await patiently(
      store.endedSessions.since(Math.ceil(missed) + OVERLAP_SECONDS, at())
    )) {
      ended.add([{ id }], reason)
    }
    readAt = begun
    readOn = wall
  }

  /** One look at a time. Notifications during one make one more, however many: they may have come too late for it. */
  function look(): Promise<void> {
    clearTimeout(timer)
    if (looking !== undefined) {
      next ??= looking.then(() => {
        next = undefined
        return look()
      })
      return next
    }
    looking = attempt().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function attempt(): Promise<void> {
    if (stopped) return
    let pauseMs = pollingMs
    try {
      await read()
      await forget()
      await keepListening()
      pauseMs = intervalMs()
      troubled = false
    } catch (error) {
      if (!troubled) log.warn({ err: error }, 'ended sessions could not be read; it is tried again until they can')
      troubled = true
    }
    clearTimeout(timer)
    timer = setTimeout(look, pauseMs).unref()
  }

  /** Each look in its turn asks whether notifications still come through; the answer has until the next one. */
  async function keepListening(): Promise<void> {
    // In a storm of notifications looks follow each other at once, and an answer may be on its way.
    if (performance.now() - saidAt < intervalMs()) return
    if (unanswered) await giveUpListening()
    if (listening === null) {
      if (performance.now() < listenAgainAt) return
      listenAgainAt = performance.now() + LISTENING_MS
      listening = (await store.endedSessions.listen?.({ wake, echo, lost })) ?? null
    }
    if (listening === null) return
    saidAt = performance.now()
    unanswered = true
    await listening.notify()
  }

  async function giveUpListening(): Promise<void> {
    const silent = listening
    listening = null
    unanswered = hears = false
    await silent?.stop()
  }

  function wake(): void {
    void look()
  }

  function echo(): void {
    // One that comes after all, of a connection that was given up, says nothing.
    if (!unanswered) return
    unanswered = false
    if (hears) return
    hears = true
    // For what ended after the last look, and before this connection listened.
    void look()
  }

  function lost(): void {
    listening = null
    unanswered = hears = false
    listenAgainAt = Number.NEGATIVE_INFINITY
    void look()
  }

  async function forget(): Promise<void> {
    if (performance.now() - forgottenAt < FORGET_EVERY_MS) return
    forgottenAt = performance.now()
    await store.endedSessions.forget(accessTtl + OVERLAP_SECONDS, at())
  }

  return {
    async start() {
      await read()
      void look()
    },

    async stop() {
      stopped = true
      clearTimeout(timer)
      await (next ?? looking)
      await listening?.stop()
    },

    // In trouble a notification may have come that no look could follow.
    isFresh: () => performance.now() - readAt <= (troubled ? pollingMs : intervalMs()) + within * 1000,

    async ask(sessionId, strict = false) {
      try {
        const reason = await patiently(store.endedSessions.reasonOf(sessionId, at()))
        if (reason !== null) ended.add([{ id: sessionId }], reason)
        return reason
      } catch (error) {
        if (strict || !(error instanceof StoreUnavailableError)) throw error
        return null
      }
    }
  }
}

/** A store that never answers is one that does not answer: no guard and no closing app waits for it. */
async function patiently<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailableError('Storage does not answer in time')), PATIENCE_MS)
  })
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer))
}
