import type { Kysely, NotNull } from 'kysely'
import { type Given, prepare } from '../statement.ts'
import type { Database } from '../tables.ts'
import type { Claim, ClaimStatement, Dialect, RowLock } from './dialect.ts'

/** Claiming where UPDATE tells: of claims at the same time, each passes over the rows that another one has chosen. */
export function claimInOneStatement(
  db: Kysely<Database>,
  dialect: Pick<Dialect, 'now' | 'later'>,
  passingOver: RowLock
): ClaimStatement {
  const claiming = (early: boolean) =>
    prepare((given: Given<Claim>) => {
      const now = dialect.now(given.now)
      return db
        .with('chosen', (creator) => {
          const free = creator
            .selectFrom('auth_outbox')
            .select('id')
            .where('closed_at', 'is', null)
            .where((eb) => eb.or([eb('leased_until', 'is', null), eb('leased_until', '<=', now)]))
            .orderBy('due_at')
            .orderBy('id')
            .limit(given.limit)
          return passingOver(early ? free : free.where('due_at', '<=', now))
        })
        .updateTable('auth_outbox')
        .set({ leased_until: dialect.later(now, given.leaseSeconds) })
        .where('id', 'in', (eb) => eb.selectFrom('chosen').select('id'))
        .returning(['id', 'name', 'address', 'user_id', 'session_id', 'epoch', 'attempts', 'leased_until'])
        .$narrowType<{ leased_until: NotNull }>()
    })
  const [due, unsent] = [claiming(false), claiming(true)]
  return (executor, claim, early) => executor.run(early ? unsent : due, claim)
}
