import { type Kysely, sql } from 'kysely'
import { joinedUserColumns, userColumns } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { HEARD_SECONDS, MOST_HEARD } from './disputes.ts'
import type { LetterValues } from './letter-changes.ts'
import { type Given, prepare } from './statement.ts'
import type { Database, Purpose } from './tables.ts'

export interface PresentedToken {
  readonly id: string
  readonly purpose: Purpose
  readonly now: Date | null
}

interface StartedToken {
  readonly id: string
  readonly purpose: Purpose
  readonly userId: string | null
  readonly emailKey: string | null
  readonly credentialVersion: number | null
  readonly payload: string | null
  /** When it was asked for. */
  readonly since: Date | null
  readonly seconds: number
  readonly now: Date | null
}

const tokenState = ['user_id', 'used_at', 'payload'] as const

/** A sign-up that waits. Its life starts when the letter is handed over, which has the same id. */
export function insertProposal(
  db: Kysely<Database>,
  dialect: Dialect,
  given: Given<LetterValues & { readonly emailKey: string; readonly payload: string }>
) {
  return db.insertInto('auth_one_time_tokens').values({
    id: given.letterId,
    purpose: 'email-verification',
    email_key: given.emailKey,
    payload: given.payload,
    created_at: dialect.now(given.now)
  })
}

export type TokenStatements = ReturnType<typeof tokenStatements>

/** Every statement about one-time tokens, compiled. Those that lock take the user's row first and the token's second. */
export function tokenStatements(db: Kysely<Database>, dialect: Dialect) {
  const tokens = db.selectFrom('auth_one_time_tokens')
  const holders = db.selectFrom('auth_users').select(userColumns).select('credential_version')
  const proposals = tokens
    .where('purpose', '=', 'email-verification')
    .where('user_id', 'is', null)
    .where('used_at', 'is', null)

  function isOver(given: Given<{ now: Date | null }>) {
    const long = dialect.later(dialect.now(given.now), sql.lit(-HEARD_SECONDS))
    return sql<boolean>`(coalesce(expires_at, created_at) < ${long})`
  }
  function newestProposal(given: Given<{ emailKey: string; now: Date | null }>) {
    return proposals
      .select(tokenState)
      .where('email_key', '=', given.emailKey)
      .where((eb) => eb.not(isOver(given)))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
  }
  /** EM4: a change of the password or of the address is the end of every token from before. */
  function valid(given: Given<PresentedToken>) {
    return db
      .selectFrom('auth_one_time_tokens as token')
      .where('token.id', '=', given.id)
      .where('token.purpose', '=', given.purpose)
      .where('token.used_at', 'is', null)
      .where('token.expires_at', '>', dialect.now(given.now))
      .where((eb) => {
        const holder = eb
          .selectFrom('auth_users as holder')
          .select('holder.id')
          .whereRef('holder.id', '=', 'token.user_id')
          .whereRef('holder.credential_version', '=', 'token.credential_version')
          .where(sql<boolean>`coalesce(holder.email_key, '') = coalesce(token.email_key, '')`)
        return eb.or([eb('token.user_id', 'is', null), eb.exists(holder)])
      })
  }

  return {
    /** Nobody for a sign-up that waits, and for a token that is not there. */
    lockHolder: prepare(({ id, purpose }: Given<PresentedToken>) => {
      const token = tokens.where('id', '=', id).where('purpose', '=', purpose).select('user_id')
      return dialect.forUpdate(holders.where('id', '=', token))
    }),
    /** Who has the address that a sign-up waits for. */
    lockRival: prepare(({ id, purpose }: Given<PresentedToken>) => {
      const address = tokens.where('id', '=', id).where('purpose', '=', purpose).select('email_key')
      return dialect.forUpdate(holders.where('email_key', '=', address))
    }),
    lockValid: prepare((given: Given<PresentedToken>) =>
      dialect.forUpdate(valid(given).select(['token.user_id', 'token.email_key', 'token.payload']))
    ),
    readValid: prepare((given: Given<PresentedToken>) =>
      valid(given).innerJoin('auth_users as u', 'u.id', 'token.user_id').select(joinedUserColumns)
    ),
    /** Of no further use, and without what it was for. */
    spend: prepare((given: Given<{ id: string; userId: string | null; now: Date | null }>) =>
      db
        .updateTable('auth_one_time_tokens')
        .set({ used_at: dialect.now(given.now), user_id: given.userId, email_key: null, payload: null })
        .where('id', '=', given.id)
    ),

    newestProposal: prepare(newestProposal),
    /** The newest that wait for an address and one more than are heard, the oldest of them first: in the same order as below. */
    lockWaiting: prepare((given: Given<{ emailKey: string; now: Date | null }>) => {
      const newest = proposals
        .select('id')
        .where('email_key', '=', given.emailKey)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(sql.lit(MOST_HEARD + 1))
      return dialect.forUpdate(
        tokens
          .select(['payload', 'created_at', isOver(given).as('is_over')])
          .where('id', 'in', newest)
          .orderBy('id')
      )
    }),
    /** All that wait for the address of this one: in one order, so that two of them do not wait for each other. */
    lockProposals: prepare((given: Given<PresentedToken>) => {
      const address = tokens.where('id', '=', given.id).select('email_key')
      return dialect.forUpdate(proposals.select('id').where('email_key', '=', address).orderBy('id'))
    }),
    removeProposals: prepare((given: Given<{ emailKey: string }>) =>
      db
        .deleteFrom('auth_one_time_tokens')
        .where('purpose', '=', 'email-verification')
        .where('email_key', '=', given.emailKey)
        .where('user_id', 'is', null)
        .where('used_at', 'is', null)
    ),

    holderByAddress: prepare((given: Given<{ emailKey: string }>) =>
      dialect.forShare(holders.where('email_key', '=', given.emailKey))
    ),
    holderById: prepare((given: Given<{ id: string }>) => dialect.forShare(holders.where('id', '=', given.id))),
    read: prepare((given: Given<{ id: string }>) => tokens.where('id', '=', given.id).select(tokenState)),
    lock: prepare((given: Given<{ id: string }>) =>
      dialect.forUpdate(tokens.where('id', '=', given.id).select(tokenState))
    ),
    remove: prepare((given: Given<{ id: string }>) => db.deleteFrom('auth_one_time_tokens').where('id', '=', given.id)),
    start: prepare((given: Given<StartedToken>) => {
      const now = dialect.now(given.now)
      return db.insertInto('auth_one_time_tokens').values({
        id: given.id,
        purpose: given.purpose,
        user_id: given.userId,
        email_key: given.emailKey,
        credential_version: given.credentialVersion,
        payload: given.payload,
        created_at: dialect.now(given.since),
        expires_at: dialect.later(now, given.seconds)
      })
    }),
    restart: prepare((given: Given<{ id: string; seconds: number; now: Date | null }>) =>
      db
        .updateTable('auth_one_time_tokens')
        .set({ expires_at: dialect.later(dialect.now(given.now), given.seconds) })
        .where('id', '=', given.id)
    )
  }
}
