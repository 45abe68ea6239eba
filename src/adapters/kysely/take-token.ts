import type { UserRow } from './columns.ts'
import type { Executor } from './statement.ts'
import type { Json } from './tables.ts'
import type { PresentedToken, TokenStatements } from './token-statements.ts'

export interface TakenToken {
  readonly holder: UserRow
  readonly payload: Json | null
}

/**
 * Locks a user's token if it is good, for the effect to follow and the token to be spent in the same transaction; null
 * when it is not. EM2: the user's row is locked first, so that of parallel uses each finds what the one before it left.
 */
export async function takeToken(
  transaction: Executor,
  tokens: TokenStatements,
  token: PresentedToken
): Promise<TakenToken | null> {
  const [holder] = await transaction.run(tokens.lockHolder, token)
  if (holder === undefined) return null
  const [valid] = await transaction.run(tokens.lockValid, token)
  return valid === undefined ? null : { holder, payload: valid.payload }
}
