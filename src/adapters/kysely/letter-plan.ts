import type { ClaimedLetter, LetterStore, PreparedLetter } from '../../store/index.ts'
import type { Executor } from './statement.ts'
import type { Instant, Json } from './tables.ts'

export interface Preparation {
  readonly transaction: Executor
  readonly letter: ClaimedLetter
  readonly rules: Parameters<LetterStore['prepare']>[1]
  readonly now: Date | null
}

export interface Plan {
  readonly ready: Extract<PreparedLetter, { outcome: 'ready' }>
  /** What becomes of its token when it goes. */
  begin(): Promise<unknown>
}

/** Of the token that a letter has already. */
export interface TokenState {
  readonly user_id: string | null
  readonly used_at: Instant | null
  readonly payload: Json | null
}
