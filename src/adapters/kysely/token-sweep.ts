import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect/dialect.ts'
import { isInWindow, sweeping } from './sweep.ts'
import type { Database } from './tables.ts'

/**
 * Sign-ups that wait for one address go together: row 52 asks whether several dispute it, and one that is left alone, which
 * may be a stranger's, would be nobody's dispute any more.
 */
export function sweepingOfTokens(db: Kysely<Database>, dialect: Dialect): ReturnType<typeof sweeping> {
  const tokens = db.selectFrom('auth_one_time_tokens')
  return sweeping(db, dialect, {
    table: 'auth_one_time_tokens',
    madeAt: 'created_at',
    remove(given) {
      const before = dialect.later(dialect.now(given.now), given.before)
      const inWindow = isInWindow(given)
      const waiting = tokens
        .select('email_key')
        .where('email_key', 'in', tokens.select('email_key').where(inWindow))
        .where('user_id', 'is', null)
        .where('used_at', 'is', null)
        .where(sql<boolean>`coalesce(expires_at, created_at) >= ${before}`)
      // The token of a letter begins its life when that is sent, however late.
      const unsent = db.selectFrom('auth_outbox').select('id').where(inWindow).where('closed_at', 'is', null)
      return db
        .deleteFrom('auth_one_time_tokens')
        .where(inWindow)
        .where(sql<boolean>`coalesce(used_at, expires_at, created_at) < ${before}`)
        .where('id', 'not in', unsent)
        .where((eb) =>
          eb.or([eb('user_id', 'is not', null), eb('email_key', 'is', null), eb('email_key', 'not in', waiting)])
        )
        .returning('id')
    }
  })
}
