/** What a driver's error means to those who use the store. */
import { setTimeout as sleep } from 'node:timers/promises'
import { OptionsError } from '../../errors.ts'
import { StoreUnavailableError } from '../../store/index.ts'

/** A unique index said no. */
export class Taken extends Error {
  override readonly name = 'Taken'
  readonly column: UniqueColumn

  constructor(column: UniqueColumn, cause: unknown) {
    super(`${column} is taken`, { cause })
    this.column = column
  }
}

/** The unique column that was in the way; any other error goes on. */
export function takenColumn(error: unknown): UniqueColumn {
  if (error instanceof Taken) return error.column
  throw error
}

/** Nothing is wrong with the database: others were in the way, and the same again may succeed. */
export class Contended extends StoreUnavailableError {}

export type UniqueColumn = 'email_key' | 'username_key'

export type Failure =
  | { readonly kind: 'unavailable' | 'contended' | 'fault' }
  | { readonly kind: 'taken'; readonly column: UniqueColumn }

/** The unique column that a message or a constraint's name ends with. */
export function uniqueColumn(text: string): Failure {
  const column = /(email_key|username_key)(_unique)?$/.exec(text)?.[1]
  return column === undefined ? { kind: 'fault' } : { kind: 'taken', column: column as UniqueColumn }
}

/** The error to throw for one that came from a driver, by the dialect's reading of it. */
export function translated(error: unknown, read: (error: unknown) => Failure): unknown {
  const isOurs = [StoreUnavailableError, Taken, OptionsError].some((kind) => error instanceof kind)
  if (isOurs) return error
  const failure = read(error)
  switch (failure.kind) {
    case 'unavailable':
      return new StoreUnavailableError('Storage does not answer', { cause: error })
    case 'contended':
      return new Contended('Storage was busy', { cause: error })
    case 'taken':
      return new Taken(failure.column, error)
    case 'fault':
      return withoutRow(error)
  }
}

/** LG2: PostgreSQL tells the row that it refused, the password's hash in it, and the error goes to the log. */
function withoutRow(error: unknown): unknown {
  if (error instanceof Error && 'detail' in error) Object.assign(error, { detail: undefined, where: undefined })
  return error
}

const PATIENCE_MS = 2_000
const LONGEST_PAUSE_MS = 50

/** Runs it again while others are in the way. */
export async function persevere<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Contended) || performance.now() > end) throw error
      // Of random length, so that two who were in each other's way do not meet again.
      await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 5 * 2 ** attempt))
    }
  }
}
