import type { Kysely } from 'kysely'
import type { LetterName, PreparedLetter } from '../../store/index.ts'
import type { Dialect } from './dialect/dialect.ts'
import { digestOf } from './letter-changes.ts'
import type { Preparation } from './letter-plan.ts'
import { plansForLetters } from './letter-plans.ts'
import { letterStatements } from './letter-statements.ts'
import type { Database } from './tables.ts'

/** What anybody can ask for. The others say what has happened: each goes, whatever else goes to the address. */
const ASKED_FOR: ReadonlySet<LetterName> = new Set(['verify-email', 'reset-password', 'change-email'])

/** Whether a claimed letter goes now, and where. Nobody was told when it was asked for, since nothing was looked up. */
export function preparationOfLetters(
  db: Kysely<Database>,
  dialect: Dialect
): (preparation: Preparation) => Promise<PreparedLetter> {
  const statements = letterStatements(db, dialect)
  const planFor = plansForLetters(db, dialect)

  async function isReplaced({ transaction, letter: { id } }: Preparation): Promise<boolean> {
    const newer = await transaction.run(statements.successor, { id })
    return newer.length > 0
  }

  async function isShareUsed({ transaction, letter, rules, now }: Preparation, address: string): Promise<boolean> {
    if (rules.maxPerHour === null) return false
    const [recent] = await transaction.run(statements.countRecent, {
      id: letter.id,
      addressDigest: digestOf(address),
      now
    })
    return Number(recent?.letters) >= rules.maxPerHour
  }

  /**
   * A mailbox that is full would fill up again for days, with the owner's letter at the end: of the sign-ups that wait for
   * their letters only the newest keeps its own, and one letter in the name of the address stands for all the others.
   */
  async function standBack({ transaction, letter: { id, name, userId } }: Preparation): Promise<void> {
    if (name !== 'verify-email' || userId === null) return
    const newer = await transaction.run(statements.newer, { id })
    if (newer.length > 0) await transaction.run(statements.forgetAsker, { id })
  }

  return async (preparation) => {
    const { transaction, letter } = preparation
    const { id, leasedUntil } = letter
    // A lease may be over while its holder still works: of two at the same letter, one waits for the other.
    const open = await transaction.run(statements.lock, { id, leasedUntil })
    // Who has proven the address and has no password has asked by the click for the one letter that lets them choose one.
    const isAskedFor = ASKED_FOR.has(letter.name) && !(letter.name === 'reset-password' && letter.userId !== null)
    if (open.length === 0 || (isAskedFor && (await isReplaced(preparation)))) return { outcome: 'moot' }
    const plan = await planFor(preparation)
    if (plan === null) return { outcome: 'moot' }
    if (isAskedFor && (await isShareUsed(preparation, plan.ready.address))) {
      await standBack(preparation)
      return { outcome: 'wait' }
    }
    await plan.begin()
    return plan.ready
  }
}
