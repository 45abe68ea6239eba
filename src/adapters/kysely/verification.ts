/** Proving an address: a user's, or that of a sign-up that waited for it. */
import type { Kysely } from 'kysely'
import type { EndedSession, OneTimeTokenStore } from '../../store/index.ts'
import { key, type UserRow, userRecord } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { heard, settle } from './disputes.ts'
import { endingOfSessions } from './ending.ts'
import { insertLetter, type LetterValues, letterValues } from './letter-changes.ts'
import { type Proposal, type ProposalByAddress, readProposal } from './payloads.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'
import { takeToken } from './take-token.ts'
import { type PresentedToken, tokenStatements } from './token-statements.ts'
import { newRow, userStatements } from './user-statements.ts'

export type Verified = Extract<Awaited<ReturnType<OneTimeTokenStore['verifyEmail']>>, { outcome: 'verified' }>

type Choice = Parameters<OneTimeTokenStore['verifyEmail']>[1]

interface Proven {
  readonly user: UserRow
  readonly created: boolean
  readonly handedOver: boolean
  readonly ended: readonly EndedSession[]
}

/** Answers with null when the token is not good. Fails with `Taken` before anything has changed. */
export function verificationOfAddresses(
  db: Kysely<Database>,
  dialect: Dialect
): (transaction: Executor, token: PresentedToken, choice: Choice) => Promise<Verified | null> {
  const tokens = tokenStatements(db, dialect)
  const users = userStatements(db, dialect)
  const post = prepare((given: Given<LetterValues>) => insertLetter(db, dialect, given))
  const endSessions = endingOfSessions(db, dialect)

  async function prove(transaction: Executor, token: PresentedToken, choice: Choice): Promise<Proven | null> {
    const taken = await takeToken(transaction, tokens, token)
    if (taken === null) return null
    const { holder } = taken
    if (holder.email_verified_at === null && holder.email !== null) {
      const rivals = await transaction.run(tokens.newestProposal, { emailKey: key(holder.email), now: token.now })
      if (rivals.length > 0) return handOver(transaction, holder, choice, token.now)
      if (choice.endsSessions) return begin(transaction, users.proveAnew, holder, token.now)
    }
    const [user] = await transaction.run(users.proveAddress, { id: holder.id, now: token.now })
    return user === undefined ? null : { ...unchanged, user }
  }

  /** Row 52: from the first proof on, and with nothing that was opened or asked for before it. */
  async function begin(
    transaction: Executor,
    statement: typeof users.proveAnew,
    { id }: Pick<UserRow, 'id'>,
    now: Date | null
  ): Promise<Proven | null> {
    const [user] = await transaction.run(statement, { id, now })
    if (user === undefined) return null
    return { ...unchanged, user, ended: await endSessions(transaction, id, 'email-changed', now) }
  }

  /** Row 52: the user and those who sign up for the same address may be the owner or not, each of them. */
  async function handOver(
    transaction: Executor,
    holder: UserRow,
    choice: Choice,
    now: Date | null
  ): Promise<Proven | null> {
    const proven = await begin(transaction, users.handOver, holder, now)
    if (holder.email !== null) await letChoosePassword(transaction, choice, { ...holder, email: holder.email }, now)
    return proven && { ...proven, handedOver: true }
  }

  async function letChoosePassword(
    transaction: Executor,
    { resetLetter }: Choice,
    { id, email }: { readonly id: string; readonly email: string },
    now: Date | null
  ): Promise<void> {
    const letter = { ...resetLetter, name: 'reset-password', address: email, userId: id, sessionId: null } as const
    await transaction.run(post, letterValues(letter, now))
  }

  /** Others may have signed up since a link was asked for by the address alone. */
  async function settled(
    transaction: Executor,
    { id, now }: PresentedToken,
    proposal: Proposal | ProposalByAddress,
    required: readonly string[]
  ): Promise<Proposal> {
    if (!('isByAddress' in proposal)) return proposal
    const rows = await transaction.run(tokens.lockWaiting, { emailKey: key(proposal.email), now })
    const payloads = heard(rows).map(({ payload }) => payload)
    return settle(payloads, id, required)?.proposal ?? proposal
  }

  async function create(transaction: Executor, token: PresentedToken, choice: Choice): Promise<Proven | null> {
    const [rival] = await transaction.run(tokens.lockRival, token)
    await transaction.run(tokens.lockProposals, token)
    const [waiting] = await transaction.run(tokens.lockValid, token)
    if (waiting?.user_id !== null || waiting.payload === null) return null
    if (rival?.email_verified_at === null) return handOver(transaction, rival, choice, token.now)
    const proposal = await settled(transaction, token, readProposal(waiting.payload), choice.required)
    // The unique indexes decide: an address that somebody proved meanwhile, or a username that was not reserved.
    const values = newRow({ ...proposal, username: choice.username ?? proposal.username }, token.now)
    const [user] = await transaction.run(users.insertProven, values)
    if (proposal.passwordHash === null) await letChoosePassword(transaction, choice, proposal, token.now)
    return user === undefined ? null : { ...unchanged, user, created: true }
  }

  return async (transaction, token, choice) => {
    const proven = (await prove(transaction, token, choice)) ?? (await create(transaction, token, choice))
    if (proven === null) return null
    const { user, ...rest } = proven
    // Before the others, which are those that nobody used.
    await transaction.run(tokens.spend, { id: token.id, userId: user.id, now: token.now })
    if (user.email !== null) await transaction.run(tokens.removeProposals, { emailKey: key(user.email) })
    return { outcome: 'verified', user: userRecord(user), ...rest }
  }
}

const unchanged = { created: false, handedOver: false, ended: [] } as const
