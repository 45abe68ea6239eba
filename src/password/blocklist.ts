/** Passwords that guessers try first (ASVS 6.2.4; NIST SP 800-63B-4, 3.1.1.2). */
import { commonPasswords } from './common-passwords.ts'
import { foldCase } from './normalise.ts'

let entries: ReadonlySet<string> | undefined

/** True when the whole password, in any letter case, is on the built-in list; a word inside a longer one is no match. */
export function isCommonPassword(password: string): boolean {
  // Made at the first use: a process that never sets a password does not hold the set.
  entries ??= new Set(commonPasswords.split(/\s/))
  return entries.has(foldCase(password))
}
