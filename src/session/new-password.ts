import { authError } from '../errors.ts'
import type { Passwords } from '../password/hashing.ts'
import type { PasswordContext, PasswordPolicy } from '../password/policy.ts'

export interface NewPasswordParts {
  readonly policy: PasswordPolicy
  readonly passwords: Passwords
  /** No password may be the name of the app. */
  readonly appName: string | null
}

/** The one way a password is set: what the policy rejects is never hashed. No connection is held meanwhile. */
export async function hashNewPassword(
  { policy, passwords, appName }: NewPasswordParts,
  password: string,
  { email = null, username = null }: Pick<PasswordContext, 'email' | 'username'>
): Promise<string> {
  const judgement = await policy.judge(password, { email, username, appName })
  if (judgement.outcome === 'rejected') throw authError('AUTH_PASSWORD_REJECTED', { reason: judgement.reason })
  return passwords.hash(password)
}
