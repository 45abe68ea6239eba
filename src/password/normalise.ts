/**
 * The form in which passwords are counted, compared and hashed: NFC, the same when one is set and when it is verified
 * (PW5), so that a keyboard which composes `é` otherwise still signs in. Nothing is trimmed, cut or folded.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

/** Code points, not UTF-16 units: an emoji is one character of a password (PW3). */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** For comparing with words that are no secret, where letter case makes no difference to a guesser. Never hashed. */
export function foldCase(text: string): string {
  return normalisePassword(text).toLowerCase()
}
