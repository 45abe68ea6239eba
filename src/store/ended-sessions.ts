import type { At } from './at.ts'
import type { EndReason } from './ended-session.ts'

export interface EndedRecord {
  readonly id: string
  readonly reason: EndReason
  readonly endedAt: Date
}

/** Whether notifications come through: they do until `lost` is called. */
export interface Listening {
  /** Sends one, which comes back to this process too: a pooler may accept LISTEN and stay silent. */
  notify(): Promise<void>
  stop(): Promise<void>
}

/**
 * The sessions that ended, of every process on this database. Every verb that ends a session writes them down in its own
 * transaction, without a foreign key, so that deleting a user hides none.
 */
export interface EndedSessionStore {
  /** Those that ended within the last `seconds`, by the database's clock. ONE statement. */
  since(seconds: number, at?: At): Promise<readonly EndedRecord[]>
  /** Why a session is over, ended or expired, or null while it lives; what is not there was deleted. ONE statement. */
  reasonOf(sessionId: string, at?: At): Promise<EndReason | null>
  /** Forgets those that ended more than `seconds` ago. */
  forget(seconds: number, at?: At): Promise<void>
  /**
   * Hears of sessions that end in other processes, where the database can tell: `wake` after each notification, `echo` when
   * one's own `notify` comes back, `lost` once when nothing will come any more. Absent or null where it cannot.
   */
  listen?(heard: {
    readonly wake: () => void
    readonly echo: () => void
    readonly lost: () => void
  }): Promise<Listening | null>
}
