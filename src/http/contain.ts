import { type AuthError, authError, isAuthError, ValidationError } from '../errors.ts'
import { StoreUnavailableError } from '../store/index.ts'

/**
 * Whatever was thrown, as something that a client may see (LG4, LG5): our own failures as they are, a silent storage as
 * 503, anything unforeseen as a fixed sentence with the cause attached for the log.
 */
export function contain(error: unknown): AuthError | Error {
  if (isAuthError(error) || error instanceof ValidationError) return error
  if (error instanceof StoreUnavailableError) {
    return authError('AUTH_UNAVAILABLE', { retryAfter: retryAfterOutage(), cause: error })
  }
  return authError('AUTH_UNEXPECTED', { cause: error ?? new TypeError('undefined was thrown') })
}

/** One to five seconds: clients that were refused together do not come back together. */
function retryAfterOutage(): number {
  return 1 + Math.floor(Math.random() * 5)
}
