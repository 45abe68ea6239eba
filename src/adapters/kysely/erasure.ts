import type { Kysely } from 'kysely'
import { key, type UserRow } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { digestOf } from './letter-changes.ts'
import { type Executor, type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'
import { tokenStatements } from './token-statements.ts'

/**
 * What no cascade takes of a user who is deleted: where their events came from, and what waits for the address that they
 * proved, sign-ups of others too. The user must be locked.
 */
export function erasureOfUsers(
  db: Kysely<Database>,
  dialect: Dialect
): (transaction: Executor, user: Pick<UserRow, 'id' | 'email' | 'email_verified_at'>) => Promise<void> {
  const { removeProposals } = tokenStatements(db, dialect)
  const eraseEvents = prepare((given: Given<{ userId: string }>) =>
    db.updateTable('auth_events').set({ ip: null, user_agent: null }).where('user_id', '=', given.userId)
  )
  const removeLetters = prepare((given: Given<{ addressDigest: string }>) =>
    db.deleteFrom('auth_outbox').where('id', 'in', (eb) => {
      const open = eb
        .selectFrom('auth_outbox')
        .select('id')
        .where('address_digest', '=', given.addressDigest)
        // Not those that say what has happened, nor that of another user who wants to move to this address.
        .where('name', 'in', ['verify-email', 'reset-password'])
        .where('closed_at', 'is', null)
      // One that is being prepared waits for the user who is locked here, and will find nobody.
      return dialect.forUpdateIfFree(open)
    })
  )
  return async (transaction, { id, email, email_verified_at: provenAt }) => {
    await transaction.run(eraseEvents, { userId: id })
    // Row 52: who never proved an address has no say in the sign-ups of others, which may be its owner's.
    if (email === null || provenAt === null) return
    await transaction.run(removeProposals, { emailKey: key(email) })
    await transaction.run(removeLetters, { addressDigest: digestOf(email) })
  }
}
