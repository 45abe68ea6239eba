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
   * All of them or none; one that is there already stays as it is. Of users that are gone, or go at the same time, no `ip`
   * and no `userAgent` is kept. ONE statement on PostgreSQL, however many events.
   */
  add(events: readonly EventRecord[]): Promise<void>
  /** The newest first. ONE statement. */
  list(userId: string, limit: number): Promise<readonly EventRecord[]>
}
