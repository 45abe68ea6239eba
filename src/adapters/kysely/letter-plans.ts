/** Which letter goes where, by what was asked for and by who has the address at the time when it is sent. */
import type { Kysely } from 'kysely'
import { key, knownId, type UserRow, userRecord, whole } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import type { Plan, Preparation, TokenState } from './letter-plan.ts'
import { plansForSignups } from './letter-signups.ts'
import { writePayload } from './payloads.ts'
import type { Database, Purpose, Whole } from './tables.ts'
import { tokenStatements } from './token-statements.ts'

/** In a row that stays as it is until the transaction ends. */
type Holder = UserRow & { readonly credential_version: Whole }

interface Link {
  readonly holder: Holder
  readonly own: TokenState | undefined
  readonly purpose: Purpose
  readonly seconds: number
  /** Another one than the user's own. */
  readonly newAddress?: string
}

/** Null where nobody has the address, or where there is nothing left to prove. */
export function plansForLetters(
  db: Kysely<Database>,
  dialect: Dialect
): (preparation: Preparation) => Promise<Plan | null> {
  const tokens = tokenStatements(db, dialect)
  const signup = plansForSignups(db, dialect)

  async function verifyEmail(preparation: Preparation): Promise<Plan | null> {
    const { transaction, letter, rules, now } = preparation
    const holder = (await addressee(preparation)) ?? (await holderOfAddress(preparation))
    if (holder === undefined) return signup(preparation, () => ownToken(preparation))
    // Not locked: who has the address stays as they are meanwhile, and so do those who wait for it.
    const [waiting] = await transaction.run(tokens.read, { id: letter.id })
    // A sign-up that waits goes on waiting: it disputes what somebody has not proven.
    const isUndecided = holder.email_verified_at === null && waiting?.user_id === null && waiting.used_at === null
    if (isUndecided) return atStoredAddress(holder, await signup(preparation, () => ownToken(preparation)))
    const own = await ownToken(preparation)
    if (holder.email_verified_at === null) {
      return link(preparation, { holder, own, purpose: 'email-verification', seconds: rules.verifySeconds })
    }
    // Its own token tells a sign-up from a letter that was asked for again: the one is told, and dead, the other moot.
    if (own?.user_id !== null) return null
    return accountExists(holder, () => transaction.run(tokens.spend, { id: letter.id, userId: null, now }))
  }

  async function resetPassword(preparation: Preparation): Promise<Plan | null> {
    const holder = await holderOfAddress(preparation)
    if (holder === undefined || holder.disabled_at !== null) return null
    const own = await ownToken(preparation)
    return link(preparation, { holder, own, purpose: 'password-reset', seconds: preparation.rules.resetSeconds })
  }

  async function changeEmail(preparation: Preparation): Promise<Plan | null> {
    const { letter, rules } = preparation
    const holder = await addressee(preparation)
    // Who asked may have lost the account since: a letter that waited must not give it back (EM4).
    if (holder === undefined || holder.disabled_at !== null) return null
    if (letter.epoch !== undefined && whole(holder.session_epoch) !== letter.epoch) return null
    const other = await holderOfAddress(preparation)
    if (other !== undefined && other.id !== holder.id) return accountExists(other)
    const own = await ownToken(preparation)
    const newAddress = letter.address
    return link(preparation, { holder, own, purpose: 'email-change', seconds: rules.verifySeconds, newAddress })
  }

  /** It says what has happened, so that it goes where it was sent, and to one who is gone as well. */
  async function notice(preparation: Preparation): Promise<Plan> {
    const { name, address } = preparation.letter
    const holder = await addressee(preparation)
    const user = holder ? userRecord(holder) : null
    return { ready: { outcome: 'ready', name, address, user, hasToken: false }, begin: async () => {} }
  }

  function link(
    { transaction, letter, now }: Preparation,
    { holder, own, purpose, seconds, newAddress }: Link
  ): Plan | null {
    const { id, name } = letter
    const address = newAddress ?? holder.email
    // What was used is never good again.
    if (address === null || (own && own.used_at !== null)) return null
    const bindings = {
      userId: holder.id,
      emailKey: key(holder.email),
      credentialVersion: whole(holder.credential_version)
    }
    const payload = newAddress === undefined ? null : writePayload({ email: newAddress, sessionId: letter.sessionId })
    return {
      ready: { outcome: 'ready', name, address, user: userRecord(holder), hasToken: true },
      async begin() {
        await transaction.run(tokens.remove, { id })
        await transaction.run(tokens.start, { id, purpose, ...bindings, payload, since: now, seconds, now })
      }
    }
  }

  /** EM6: that of the sign-up may be another spelling of it. */
  function atStoredAddress({ email: address }: Holder, plan: Plan | null): Plan | null {
    return plan === null || address === null ? null : { ...plan, ready: { ...plan.ready, address } }
  }

  function accountExists(holder: Holder, begin: Plan['begin'] = async () => {}): Plan | null {
    // EM6: as it is stored, not as it was asked for.
    const { email: address } = holder
    if (address === null) return null
    return {
      ready: { outcome: 'ready', name: 'account-exists', address, user: userRecord(holder), hasToken: false },
      begin
    }
  }

  async function holderOfAddress({ transaction, letter }: Preparation): Promise<Holder | undefined> {
    const [row] = await transaction.run(tokens.holderByAddress, { emailKey: key(letter.address) })
    return row
  }

  async function addressee({ transaction, letter }: Preparation): Promise<Holder | undefined> {
    if (letter.userId === null) return undefined
    const [row] = await transaction.run(tokens.holderById, { id: knownId(letter.userId) })
    return row
  }

  /** After its user's row, as everywhere. */
  async function ownToken({ transaction, letter }: Preparation): Promise<TokenState | undefined> {
    const [row] = await transaction.run(tokens.lock, { id: letter.id })
    return row
  }

  return async (preparation) => {
    switch (preparation.letter.name) {
      case 'verify-email':
        return verifyEmail(preparation)
      case 'reset-password':
        return resetPassword(preparation)
      case 'change-email':
        return changeEmail(preparation)
      case 'account-exists':
      case 'email-changed':
      case 'password-changed':
      case 'account-deleted':
        return notice(preparation)
    }
  }
}
