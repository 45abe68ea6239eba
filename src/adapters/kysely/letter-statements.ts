import { type Kysely, sql } from 'kysely'
import type { LetterClaim } from '../../store/index.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

const HOUR = sql<number>`3600`

interface Closing extends LetterClaim {
  readonly outcome: 'sent' | 'moot' | 'abandoned'
  readonly now: Date | null
}

/** Every statement about one letter, compiled. */
export function letterStatements(db: Kysely<Database>, dialect: Dialect) {
  /** Those to the same address that were asked for after a letter, and wait like it. */
  const newer = (given: Given<{ id: string }>) =>
    db
      .selectFrom('auth_outbox as letter')
      .innerJoin('auth_outbox as newer', (join) =>
        join
          .onRef('newer.address_digest', '=', 'letter.address_digest')
          .onRef('newer.name', '=', 'letter.name')
          .on((eb) =>
            eb(eb.refTuple('newer.created_at', 'newer.id'), '>', eb.refTuple('letter.created_at', 'letter.id'))
          )
      )
      .where('letter.id', '=', given.id)
      .where('newer.closed_at', 'is', null)
      .select('newer.id')
      .limit(1)

  const closing = (given: Given<Closing>) =>
    db
      .updateTable('auth_outbox')
      // Of whom it was about nothing is kept; the address's digest counts towards its share for an hour.
      .set({ user_id: null, session_id: null, address: '' })
      .set({ closed_at: dialect.now(given.now), outcome: given.outcome, leased_until: null })
      .where('id', '=', given.id)
      .where('closed_at', 'is', null)

  return {
    /** One that is closed is not there, nor one that somebody else has claimed since. */
    lock: prepare((given: Given<LetterClaim>) =>
      dialect.forUpdate(
        db
          .selectFrom('auth_outbox')
          .select('id')
          .where('id', '=', given.id)
          .where('closed_at', 'is', null)
          .where((eb) => eb.or([eb('leased_until', 'is', null), eb('leased_until', '=', given.leasedUntil)]))
      )
    ),
    /** Another one, asked for later, that would have replaced it if this one had not been in somebody's hands. */
    successor: prepare((given: Given<{ id: string }>) =>
      newer(given).whereRef('newer.user_id', 'is not distinct from', 'letter.user_id')
    ),
    newer: prepare(newer),
    /** From now on it asks in the name of the address alone. */
    forgetAsker: prepare((given: Given<{ id: string }>) =>
      db.updateTable('auth_outbox').set({ user_id: null }).where('id', '=', given.id)
    ),
    /** How many others an address had within the hour. Older ones that are in somebody's hands count as sent. */
    countRecent: prepare((given: Given<{ id: string; addressDigest: string; now: Date | null }>) => {
      const now = dialect.now(given.now)
      return db
        .selectFrom('auth_outbox')
        .select((eb) => eb.fn.countAll().as('letters'))
        .where('address_digest', '=', given.addressDigest)
        .where((eb) =>
          eb.or([
            eb.and([eb('outcome', '=', 'sent'), eb(dialect.later(sql<Date>`closed_at`, HOUR), '>', now)]),
            eb.and([eb('closed_at', 'is', null), eb('leased_until', '>', now), eb('id', '<', given.id)])
          ])
        )
    }),
    close: prepare((given: Given<Closing>) => closing(given).where('leased_until', '=', given.leasedUntil)),
    /** Whoever has it in hands by now: once is enough. */
    closeAsSent: prepare(closing),
    forget: prepare((given: Given<{ before: number; now: Date | null }>) =>
      db.deleteFrom('auth_outbox').where('closed_at', '<', dialect.later(dialect.now(given.now), given.before))
    ),
    postpone: prepare((given: Given<LetterClaim & { seconds: number; failures: number; now: Date | null }>) =>
      db
        .updateTable('auth_outbox')
        .set({
          due_at: dialect.later(dialect.now(given.now), given.seconds),
          attempts: sql<number>`attempts + ${given.failures}`,
          leased_until: null
        })
        .where('id', '=', given.id)
        .where('leased_until', '=', given.leasedUntil)
        .where('closed_at', 'is', null)
    )
  }
}
