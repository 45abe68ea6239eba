/** What a verb takes beside its input: the instant to use in place of the database's clock. */
export interface At {
  readonly now?: Date | undefined
}
