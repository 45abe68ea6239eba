export interface UserRecord {
  readonly id: string
  /** As typed at sign-up; unique by ASCII lower-casing. */
  readonly email: string | null
  readonly emailVerifiedAt: Date | null
  /** As typed at sign-up; unique by ASCII lower-casing. */
  readonly username: string | null
  /** The host's own fields. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Moves whenever every session of the user ends; a session opened under an older epoch is dead. */
  readonly sessionEpoch: number
  readonly disabledAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}
