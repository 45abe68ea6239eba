import { type Kysely, sql } from 'kysely'
import type { OneTimeTokenStore } from '../../store/index.ts'
import { key, knownId, userRecord } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endingOfSessions } from './ending.ts'
import { takenColumn } from './failures.ts'
import { insertLetter, type LetterValues, letterValues } from './letter-changes.ts'
import { postingOfNotices } from './notices.ts'
import { readAddressChange, readProposal, writePayload } from './payloads.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'
import { takeToken } from './take-token.ts'
import { insertProposal, tokenStatements } from './token-statements.ts'
import { sweepingOfTokens } from './token-sweep.ts'
import { userStatements } from './user-statements.ts'
import { verificationOfAddresses } from './verification.ts'

export function oneTimeTokenShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => OneTimeTokenStore {
  const tokens = tokenStatements(db, dialect)
  const users = userStatements(db, dialect)
  const propose = dialect.together(
    db,
    (given: Given<LetterValues & { emailKey: string; payload: string }>) => insertProposal(db, dialect, given),
    (given) => insertLetter(db, dialect, given)
  )
  const verify = verificationOfAddresses(db, dialect)
  /** One session goes on in the epoch that a change of its user has begun. */
  const carryOver = prepare((given: Given<{ id: string; userId: string }>) =>
    db
      .updateTable('auth_sessions')
      .set({ epoch: sql<number>`epoch + 1` })
      .where('id', '=', given.id)
      .where('user_id', '=', given.userId)
  )
  const endSessions = endingOfSessions(db, dialect)
  const post = postingOfNotices(db, dialect)
  const sweep = sweepingOfTokens(db, dialect)

  return (executor) =>
    ({
      async propose(signup, { id }, at) {
        // Of the user who will be: what somebody else asks for does not take its place.
        const letter = { id, name: 'verify-email', address: signup.email, userId: signup.id, sessionId: null } as const
        const payload = writePayload(signup)
        await propose(executor, { ...letterValues(letter, at?.now ?? null), emailKey: key(signup.email), payload })
      },

      async proposedPassword(email, at) {
        const [row] = await executor.run(tokens.newestProposal, { emailKey: key(email), now: at?.now ?? null })
        if (!row?.payload) return { outcome: 'unknown' }
        return { outcome: 'found', passwordHash: readProposal(row.payload).passwordHash }
      },

      async verifyEmail(id, choice, at) {
        const token = { id: knownId(id), purpose: 'email-verification', now: at?.now ?? null } as const
        try {
          return (await executor.transaction((transaction) => verify(transaction, token, choice))) ?? invalid
        } catch (error) {
          return takenColumn(error) === 'username_key' ? { outcome: 'username-taken' } : invalid
        }
      },

      async readReset(id, at) {
        const token = { id: knownId(id), purpose: 'password-reset', now: at?.now ?? null } as const
        const [row] = await executor.run(tokens.readValid, token)
        return row === undefined ? invalid : { outcome: 'valid', user: userRecord(row) }
      },

      resetPassword(tokenId, hash, { notice, now = null } = {}) {
        const id = knownId(tokenId)
        return executor.transaction(async (transaction) => {
          const taken = await takeToken(transaction, tokens, { id, purpose: 'password-reset', now })
          if (taken === null) return invalid
          const userId = taken.holder.id
          const [row] = await transaction.run(users.resetPassword, { id: userId, hash, now })
          if (row === undefined) return invalid
          await transaction.run(tokens.spend, { id, userId, now })
          const ended = await endSessions(transaction, userId, 'password-changed', now)
          await post(transaction, notice, row, now)
          return { outcome: 'reset', user: userRecord(row), ended }
        })
      },

      async confirmEmailChange(tokenId, { notice, now = null } = {}) {
        const id = knownId(tokenId)
        try {
          return await executor.transaction(async (transaction) => {
            const taken = await takeToken(transaction, tokens, { id, purpose: 'email-change', now })
            if (taken === null || taken.payload === null) return invalid
            const userId = taken.holder.id
            const { email, sessionId } = readAddressChange(taken.payload)
            // First, because the address may be somebody's by now: then nothing has changed.
            const address = { id: userId, email, emailKey: key(email), now }
            const [row] = await transaction.run(users.changeAddress, address)
            if (row === undefined) return invalid
            await transaction.run(tokens.spend, { id, userId, now })
            const kept = sessionId === null ? undefined : knownId(sessionId)
            const ended = await endSessions(transaction, userId, 'email-changed', now, kept)
            if (kept !== undefined) await transaction.run(carryOver, { id: kept, userId })
            await post(transaction, notice, taken.holder, now)
            return { outcome: 'changed', user: userRecord(row), ended }
          })
        } catch (error) {
          takenColumn(error)
          return invalid
        }
      },

      forget: (seconds, at) => sweep(executor, seconds, at?.now ?? null)
    }) satisfies OneTimeTokenStore
}

const invalid = { outcome: 'invalid' } as const
