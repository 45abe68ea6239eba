/** Letters to sign-ups that wait for the proof of their address, and to whom it belongs is not known before the click. */
import { isDeepStrictEqual } from 'node:util'
import type { Kysely } from 'kysely'
import { instant, key } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import type { Plan, Preparation, TokenState } from './letter-plan.ts'
import { type Proposal, readProposal, writePayload } from './payloads.ts'
import type { Database } from './tables.ts'
import { tokenStatements } from './token-statements.ts'

/** Null where no sign-up waits. */
export function plansForSignups(
  db: Kysely<Database>,
  dialect: Dialect
): (preparation: Preparation, own: TokenState | undefined) => Promise<Plan | null> {
  const tokens = tokenStatements(db, dialect)

  /** The letter of one sign-up, and of no other: of several, the one whose link is clicked wins. */
  function ownLetter({ transaction, letter, rules, now }: Preparation, own: TokenState | undefined): Plan | null {
    if (!own?.payload) return null
    return {
      ready: ready(readProposal(own.payload)),
      begin: () => transaction.run(tokens.restart, { id: letter.id, seconds: rules.verifySeconds, now })
    }
  }

  /**
   * Row 52: whoever asks by the address alone does not say which sign-up is theirs. Where several wait, none of their
   * passwords can be trusted, the newest no more than the oldest: the link makes an account without one.
   */
  async function letterByAddress({ transaction, letter, rules, now }: Preparation): Promise<Plan | null> {
    const { id } = letter
    const emailKey = key(letter.address)
    const rows = await transaction.run(tokens.lockWaiting, { emailKey })
    const waiting = rows.flatMap(({ payload }) => (payload === null ? [] : [readProposal(payload)]))
    const [oldest] = waiting
    if (oldest === undefined) return null
    const isOneSignup = waiting.every((each) => each.id === oldest.id)
    const proposal = isOneSignup ? oldest : { ...inCommon(oldest, waiting), id }
    // Whoever signs in meanwhile is answered by the newest sign-up, which a disputed one is not.
    const since = isOneSignup || !rows[0] ? now : instant(rows[0].created_at)
    return {
      ready: ready(proposal),
      async begin() {
        await transaction.run(tokens.remove, { id })
        await transaction.run(tokens.start, {
          id,
          purpose: 'email-verification',
          userId: null,
          emailKey,
          credentialVersion: null,
          payload: writePayload(proposal),
          since,
          seconds: rules.verifySeconds,
          now
        })
      }
    }
  }

  return async (preparation, own) => {
    // What was used is never good again.
    if (own && own.used_at !== null) return null
    return preparation.letter.userId === null ? letterByAddress(preparation) : ownLetter(preparation, own)
  }
}

function ready({ email }: Proposal): Plan['ready'] {
  return { outcome: 'ready', name: 'verify-email', address: email, user: null, hasToken: true }
}

/** What nobody disputes: a stranger's name or field is no more welcome than their password. */
function inCommon(first: Proposal, all: readonly Proposal[]): Proposal {
  const undisputed = Object.entries(first.fields).filter(([name, value]) =>
    all.every(({ fields }) => isDeepStrictEqual(fields[name], value))
  )
  return {
    ...first,
    username: all.every(({ username }) => username === first.username) ? first.username : null,
    passwordHash: null,
    fields: Object.fromEntries(undisputed)
  }
}
