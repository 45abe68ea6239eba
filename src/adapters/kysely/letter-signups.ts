/** Letters to sign-ups that wait for the proof of their address, and to whom it belongs is not known before the click. */
import type { Kysely } from 'kysely'
import { instant, key } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { heard, settle } from './disputes.ts'
import type { Plan, Preparation, TokenState } from './letter-plan.ts'
import { readProposal, writePayload } from './payloads.ts'
import type { Database } from './tables.ts'
import { tokenStatements } from './token-statements.ts'

/** Null where no sign-up waits, and where the letter's own token was used: it is never good again. */
export function plansForSignups(
  db: Kysely<Database>,
  dialect: Dialect
): (preparation: Preparation, ownToken: () => Promise<TokenState | undefined>) => Promise<Plan | null> {
  const tokens = tokenStatements(db, dialect)

  /** The letter of one sign-up, and of no other: of several, the one whose link is clicked wins. */
  function ownLetter({ transaction, letter, rules, now }: Preparation, own: TokenState | undefined): Plan | null {
    if (!own?.payload || own.used_at !== null) return null
    return {
      ready: ready(readProposal(own.payload).email),
      begin: () => transaction.run(tokens.restart, { id: letter.id, seconds: rules.verifySeconds, now })
    }
  }

  /** The letter of whoever asks by the address alone. */
  async function letterByAddress(
    { transaction, letter, rules, now }: Preparation,
    ownToken: () => Promise<TokenState | undefined>
  ): Promise<Plan | null> {
    const { id } = letter
    const emailKey = key(letter.address)
    // Before its own, which may be one of them: in the same order as at the click.
    const waiting = heard(await transaction.run(tokens.lockWaiting, { emailKey, now }))
    const own = await ownToken()
    if (own && own.used_at !== null) return null
    const settlement = settle(
      waiting.map(({ payload }) => payload),
      id,
      rules.required
    )
    if (settlement === null) return null
    const { proposal, isDisputed } = settlement
    // Whoever signs in meanwhile is answered by the newest sign-up, which a disputed one is not.
    const since = isDisputed && waiting[0] ? instant(waiting[0].created_at) : now
    return {
      ready: ready(proposal.email),
      async begin() {
        await transaction.run(tokens.remove, { id })
        await transaction.run(tokens.start, {
          id,
          purpose: 'email-verification',
          userId: null,
          emailKey,
          credentialVersion: null,
          payload: writePayload({ ...proposal, isByAddress: true }),
          since,
          seconds: rules.verifySeconds,
          now
        })
      }
    }
  }

  return async (preparation, ownToken) =>
    preparation.letter.userId === null
      ? letterByAddress(preparation, ownToken)
      : ownLetter(preparation, await ownToken())
}

function ready(address: string): Plan['ready'] {
  return { outcome: 'ready', name: 'verify-email', address, user: null, hasToken: true }
}
