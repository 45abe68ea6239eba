import type { At } from './at.ts'

/** What happened to a user. It outlives the user, but not with anything that says who they were. */
export interface EventRecord {
  /** A UUID, made by the caller: an event that is added again is the same one. */
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly sessionId: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly at: Date
}

/** Without a foreign key: the deletion of a user erases `ip` and `userAgent` of theirs in its own transaction. */
export interface EventStore {
  /**
   * Answers with the ids of those that it could not add for now, since somebody holds their user, and waits for nobody; one
   * that is there already stays as it is. Of users that are gone, or go at the same time, no `ip` and no `userAgent` is kept.
   * ONE statement, however many events.
   */
  add(events: readonly EventRecord[]): Promise<readonly string[]>
  /** The newest first. ONE statement. */
  list(userId: string, limit: number): Promise<readonly EventRecord[]>
  /** Removes those that are older than `seconds`; answers with how many they were. */
  forget(seconds: number, at?: At): Promise<number>
}
