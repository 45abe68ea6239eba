import type { At } from './at.ts'
import type { UserRecord } from './user-record.ts'

export type LetterName =
  | 'verify-email'
  | 'reset-password'
  | 'change-email'
  | 'account-exists'
  | 'email-changed'
  | 'password-changed'
  | 'account-deleted'

/**
 * A letter that somebody asked for. It is written down in the transaction of its cause and sent later; who it goes to, and
 * whether at all, is looked up then, so that asking for one takes the same time for every address.
 */
export interface NewLetter {
  /** A UUIDv7, made by the caller; the one-time token of the letter has the same. */
  readonly id: string
  readonly name: Extract<LetterName, 'verify-email' | 'reset-password' | 'change-email'>
  /** As it was asked for. */
  readonly address: string
  /** Whom it concerns, where the cause knows them. */
  readonly userId: string | null
  /** The session that asks for an e-mail change: it outlives the change. */
  readonly sessionId: string | null
  /** The user's `sessionEpoch` as read with the password that asked: a change of credentials makes an unsent letter moot. */
  readonly epoch?: number
}

/** A letter that tells a user what happened, at the address that was theirs before it did. Without an address there is none. */
export interface Notice {
  /** A UUIDv7, made by the caller. */
  readonly id: string
  readonly name: Extract<LetterName, 'email-changed' | 'password-changed' | 'account-deleted'>
}

export interface ClaimedLetter {
  readonly id: string
  readonly name: LetterName
  readonly address: string
  readonly userId: string | null
  readonly sessionId: string | null
  readonly epoch?: number
  /** How often it was tried before. */
  readonly attempts: number
  /** Tells this claim from a later one. */
  readonly leasedUntil: Date
}

/** Who still has the letter in hands: after the lease somebody else may. */
export type LetterClaim = Pick<ClaimedLetter, 'id' | 'leasedUntil'>

/** Where a claimed letter goes, and which it is. */
export type PreparedLetter =
  | {
      readonly outcome: 'ready'
      /** `account-exists` where a link was asked for an address that somebody else has proven. */
      readonly name: LetterName
      /** The stored address (EM6), or the pending one of a sign-up or a change: never another spelling of it. */
      readonly address: string
      /** Null for a pending sign-up, and for one who is gone. */
      readonly user: UserRecord | null
      /** Whether it carries a link: its one-time token has the letter's id and lives from now. */
      readonly hasToken: boolean
    }
  /** Nobody has the address, or there is nothing left to prove. */
  | { readonly outcome: 'moot' }
  /** The address had its share of letters for now. */
  | { readonly outcome: 'wait' }

export interface LetterStore {
  /**
   * The same work whoever has the address, or nobody: ONE statement on PostgreSQL. An unsent letter of the same name to the
   * same address, of the same `userId`, is replaced, so that the newest is never the one that is held back.
   */
  post(letter: NewLetter, at?: At): Promise<void>
  /** Takes letters that are due for `leaseSeconds`; another process gets others, and these too once the lease is over. */
  claim(
    request: {
      readonly limit: number
      readonly leaseSeconds: number /** Also those that are not due yet. */
      readonly early: boolean
    },
    at?: At
  ): Promise<readonly ClaimedLetter[]>
  /**
   * Decides where it goes, and starts the life of its token. Safe to repeat: the token is the same, its life starts again.
   * For whom somebody else has claimed it since, it is `moot`.
   * One that was asked for by an address for which several different sign-ups wait leads to a user without a password, and
   * without what they disagree on, but for `required`: names of fields, or `username`, that no user is without.
   */
  prepare(
    letter: ClaimedLetter,
    rules: {
      readonly verifySeconds: number
      readonly resetSeconds: number
      readonly maxPerHour: number | null
      readonly required: readonly string[]
    },
    at?: At
  ): Promise<PreparedLetter>
  /** It is never claimed again. What was sent was sent; any other end is for whoever has it in hands. */
  close(claim: LetterClaim, outcome: 'sent' | 'moot' | 'abandoned', at?: At): Promise<void>
  /** It is due again in `seconds`; `failed` counts as an attempt. Does nothing for one whose claim is over. */
  postpone(claim: LetterClaim, seconds: number, cause: 'failed' | 'held-back', at?: At): Promise<void>
  /** Removes those that were closed more than `seconds` ago, which count towards no share any more. */
  forget(seconds: number, at?: At): Promise<void>
}
