/** What a new password must be (NIST SP 800-63B-4, 3.1.1.2). It is judged when it is set, never at sign-in. */
import { isCommonPassword } from './blocklist.ts'
import { countCodePoints, foldCase, normalisePassword } from './normalise.ts'

/** Words that are no secret: none of them may be the whole password. */
export interface PasswordContext {
  readonly email?: string | null
  readonly username?: string | null
  readonly appName?: string | null
}

/**
 * The host's own rule, asked after the built-in ones have accepted; it may be async.
 *
 * - `undefined` or `true` accepts.
 * - A non-empty string rejects, and is the `reason` of `AUTH_PASSWORD_REJECTED` that the client receives.
 * - Anything else, such as `false`, rejects with the reason `policy`.
 * - Throwing fails the whole call with that error, and no password is set. A look-up elsewhere that should not stand in
 *   the way when it is down (a list of breached passwords) bounds its own time and catches its own errors.
 *
 * The password comes in NFC, exactly as it will be hashed. Neither log it nor put it into a reason.
 *
 * @example
 * const check: PasswordCheck = async (password) => (await isBreached(password)) ? 'breached' : undefined
 */
export type PasswordCheck = (password: string, context: PasswordContext) => unknown

export interface PasswordPolicySettings {
  /** Code points; 15 is what NIST asks of a password that is the only factor. */
  readonly minLength: number
  /** Code points. */
  readonly maxLength: number
  /** Whether the built-in list of common passwords is asked. */
  readonly blocklist: boolean
  readonly check?: PasswordCheck | undefined
}

export type PasswordJudgement =
  | { readonly outcome: 'accepted' }
  /** `too-short`, `too-long`, `common`, `context`, `policy`, or whatever the host's `check` says. */
  | { readonly outcome: 'rejected'; readonly reason: string }

export interface PasswordPolicy {
  judge(password: string, context: PasswordContext): Promise<PasswordJudgement>
  /** False for what no account can have as its password: refuse it before any look-up, or the time tells (CVE-2025-22234). */
  fitsLogin(password: string): boolean
}

/** At least 256, whatever the policy says now: a password set under a wider policy still signs in. */
export function loginCap(maxLength: number): number {
  return Math.max(256, maxLength)
}

export function createPasswordPolicy({
  minLength,
  maxLength,
  blocklist,
  check
}: PasswordPolicySettings): PasswordPolicy {
  function rejection(password: string, context: PasswordContext): string | undefined {
    const length = countCodePoints(password)
    if (length < minLength) return 'too-short'
    // It bounds the bytes that are hashed too: a code point has at most four of them (PW2).
    if (length > maxLength) return 'too-long'
    if (blocklist && isCommonPassword(password)) return 'common'
    if (isContextWord(password, context)) return 'context'
    return undefined
  }

  return {
    async judge(password, context) {
      const normalised = normalisePassword(password)
      const reason = rejection(normalised, context) ?? verdictOf(await check?.(normalised, context))
      return reason === undefined ? { outcome: 'accepted' } : { outcome: 'rejected', reason }
    },

    fitsLogin(password) {
      return countCodePoints(normalisePassword(password)) <= loginCap(maxLength)
    }
  }
}

/** PW7: the address, its local part, the domain's first label, the username, the app's name. */
function isContextWord(password: string, { email, username, appName }: PasswordContext): boolean {
  const [localPart, domain] = email?.split('@') ?? []
  const words = [email, localPart, domain?.split('.')[0], username, appName]
  const folded = foldCase(password)
  return words.some((word) => word != null && foldCase(word) === folded)
}

/** The reason to reject in what the host's rule answered. What it cannot have meant rejects too: fail closed. */
function verdictOf(answer: unknown): string | undefined {
  if (answer === undefined || answer === true) return undefined
  return typeof answer === 'string' && answer !== '' ? answer : 'policy'
}
