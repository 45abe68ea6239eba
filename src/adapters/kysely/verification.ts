/** Proving an address: a user's, or that of a sign-up that waited for it. */
import type { Kysely } from 'kysely'
import type { OneTimeTokenStore, UserRecord } from '../../store/index.ts'
import { key, type UserRow, userRecord } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { settle } from './disputes.ts'
import { insertLetter, type LetterValues, letterValues } from './letter-changes.ts'
import { type Proposal, type ProposalByAddress, readProposal } from './payloads.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'
import { takeToken } from './take-token.ts'
import { type PresentedToken, tokenStatements } from './token-statements.ts'
import { newRow, userStatements } from './user-statements.ts'

export interface Verified {
  readonly outcome: 'verified'
  readonly user: UserRecord
  readonly created: boolean
}

type Choice = Parameters<OneTimeTokenStore['verifyEmail']>[1]

/** Answers with null when the token is not good. Fails with `Taken` before anything has changed. */
export function verificationOfAddresses(
  db: Kysely<Database>,
  dialect: Dialect
): (transaction: Executor, token: PresentedToken, choice: Choice) => Promise<Verified | null> {
  const tokens = tokenStatements(db, dialect)
  const users = userStatements(db, dialect)
  const post = prepare((given: Given<LetterValues>) => insertLetter(db, dialect, given))

  async function prove(transaction: Executor, token: PresentedToken): Promise<UserRow | undefined> {
    const taken = await takeToken(transaction, tokens, token)
    if (taken === null) return undefined
    const [user] = await transaction.run(users.proveAddress, { id: taken.holder.id, now: token.now })
    return user
  }

  /** Others may have signed up since a link was asked for by the address alone. */
  async function settled(
    transaction: Executor,
    id: string,
    proposal: Proposal | ProposalByAddress,
    required: readonly string[]
  ): Promise<Proposal> {
    if (!('isByAddress' in proposal)) return proposal
    const rows = await transaction.run(tokens.lockWaiting, { emailKey: key(proposal.email) })
    const payloads = rows.map(({ payload }) => payload)
    return settle(payloads, id, required)?.proposal ?? proposal
  }

  async function create(
    transaction: Executor,
    token: PresentedToken,
    { username, resetLetter, required }: Choice
  ): Promise<UserRow | undefined> {
    await transaction.run(tokens.lockProposals, token)
    const [waiting] = await transaction.run(tokens.lockValid, token)
    if (waiting?.user_id !== null || waiting.payload === null) return undefined
    const proposal = await settled(transaction, token.id, readProposal(waiting.payload), required)
    // The unique indexes decide: an address that somebody proved meanwhile, or a username that was not reserved.
    const values = newRow({ ...proposal, username: username ?? proposal.username }, token.now)
    const [user] = await transaction.run(users.insertProven, values)
    if (proposal.passwordHash === null) {
      const letter = { ...resetLetter, name: 'reset-password', address: proposal.email, userId: proposal.id } as const
      await transaction.run(post, letterValues({ ...letter, sessionId: null }, token.now))
    }
    return user
  }

  return async (transaction, token, choice) => {
    const proven = await prove(transaction, token)
    const user = proven ?? (await create(transaction, token, choice))
    if (user === undefined) return null
    // Before the others, which are those that nobody used.
    await transaction.run(tokens.spend, { id: token.id, userId: user.id, now: token.now })
    if (user.email !== null) await transaction.run(tokens.removeProposals, { emailKey: key(user.email) })
    return { outcome: 'verified', user: userRecord(user), created: proven === undefined }
  }
}
