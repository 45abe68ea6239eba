import { authError } from '../errors.ts'
import type { Caller, Events } from '../events.ts'
import type { Passwords } from '../password/hashing.ts'
import type { PasswordPolicy } from '../password/policy.ts'
import type { AuthStore, UserRecord } from '../store/index.ts'

export interface ReauthenticationParts {
  readonly store: AuthStore
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly events: Events
}

/**
 * SE7: what changes an account asks for the password once more, so that a session left open is not enough.
 *
 * One answer for a wrong password and an account without one, after the one computation that a sign-in costs.
 */
export async function reauthenticate(
  parts: ReauthenticationParts,
  userId: string,
  password: string,
  caller: Caller
): Promise<UserRecord> {
  const found = await parts.store.users.credential({ id: userId })
  const credential = found.outcome === 'found' ? found.credential : null
  const fits = parts.policy.fitsLogin(password)
  const match = await parts.passwords.verify(fits ? (credential?.passwordHash ?? null) : null, password)
  if (credential === null || match === 'mismatch') {
    parts.events.emit('password-failed', { ...caller, userId: credential?.user.id ?? null, sessionId: null })
    throw authError('AUTH_CREDENTIALS_INVALID')
  }
  return credential.user
}
