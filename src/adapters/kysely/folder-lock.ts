import { mkdirSync } from 'node:fs'
import { OptionsError } from '../../errors.ts'

/**
 * Holds a folder for this process; answers with how to let go. PGlite does not, and two processes in one folder ruin it.
 *
 * The lock is one of SQLite's on a file beside it, which the kernel drops however the process dies. A file with a pid
 * would have to be judged when it is found, wrongly in containers, where the next start has the same pid.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const { DatabaseSync } = await import('node:sqlite')
  mkdirSync(folder, { recursive: true })
  const lock = new DatabaseSync(`${folder}.lock`)
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new OptionsError(`storage: expected a PGlite folder of this process alone, another one has ${folder} open`)
  }
  return () => lock.close()
}
