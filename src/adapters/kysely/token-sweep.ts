import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect/dialect.ts'
import { isInWindow, sweeping } from './sweep.ts'
import type { Database } from './tables.ts'

/**
 * Of sign-ups that wait for one address none goes before the newest is due. They need not go at the same time: those of an
 * address whose sign-ups are all due are not heard any more, whether they are still there or not.
 */
export function sweepingOfTokens(db: Kysely<Database>, dialect: Dialect): ReturnType<typeof sweeping> {
  return sweeping(db, 'auth_one_time_tokens', (given) => {
    const before = dialect.later(dialect.now(given.now), given.before)
    const inWindow = isInWindow(given)
    // The token of a letter begins its life when that is sent, however late.
    const unsent = db.selectFrom('auth_outbox').select('id').where(inWindow).where('closed_at', 'is', null)
    return db
      .deleteFrom('auth_one_time_tokens')
      .where(inWindow)
      .where(sql<boolean>`coalesce(used_at, expires_at, created_at) < ${before}`)
      .where('id', 'not in', unsent)
      .where((eb) => {
        const newest = eb
          .selectFrom('auth_one_time_tokens as newest')
          .select((newest) => newest.fn.coalesce('newest.expires_at', 'newest.created_at').as('end'))
          .whereRef('newest.email_key', '=', 'auth_one_time_tokens.email_key')
          .where('newest.user_id', 'is', null)
          .where('newest.used_at', 'is', null)
          .orderBy('newest.created_at', 'desc')
          .orderBy('newest.id', 'desc')
          .limit(1)
        return eb.or([
          eb('auth_one_time_tokens.user_id', 'is not', null),
          eb('auth_one_time_tokens.email_key', 'is', null),
          eb(newest, '<', before)
        ])
      })
      .returning('id')
  })
}
