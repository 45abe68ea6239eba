/** Why a session ended, as its holder is told. */
export type EndReason =
  | 'logout'
  | 'reuse'
  | 'password-changed'
  | 'email-changed'
  | 'expired'
  | 'limit'
  | 'admin'
  | 'disabled'
  | 'deleted'

export interface EndedSession {
  readonly id: string
  readonly userId: string
}
