import type { AuthStore } from '../store/index.ts'
import { destinationPromises } from './contract/destinations.ts'
import { disputedSignupPromises } from './contract/disputed-signups.ts'
import { disputedUserPromises } from './contract/disputed-users.ts'
import { effectPromises } from './contract/effects.ts'
import { endedSessionPromises } from './contract/ended-sessions.ts'
import { endingPromises } from './contract/ending.ts'
import { eventPromises } from './contract/events.ts'
import { forgettingPromises } from './contract/forgetting.ts'
import { letterSharePromises } from './contract/letter-share.ts'
import { letterPromises } from './contract/letters.ts'
import { noticePromises } from './contract/notices.ts'
import { oneTimeTokenPromises } from './contract/one-time-tokens.ts'
import { openingPromises } from './contract/opening.ts'
import { passwordPromises } from './contract/passwords.ts'
import type { StorePromise } from './contract/promise.ts'
import { replayPromises } from './contract/replay.ts'
import { rotationPromises } from './contract/rotation.ts'
import { sessionLimitPromises } from './contract/session-limit.ts'
import { sessionListPromises } from './contract/session-list.ts'
import { uniquenessPromises } from './contract/uniqueness.ts'
import { userPromises } from './contract/users.ts'
import { waitingSignupPromises } from './contract/waiting-signups.ts'

/** One test for each promise of a store, for any test runner. */
export type Contract = readonly { readonly promise: string; check(): Promise<void> }[]

/**
 * Everything that `AuthStore` promises, as checks that throw where a promise is broken.
 *
 * `open` answers with a store whose `open` was called. Each check asks for one and makes users of its own, so that it
 * may be the same store, or the same database, each time.
 *
 * @example
 * for (const { promise, check } of storeContract(openMyStore)) test(promise, check)
 */
export function storeContract(open: () => Promise<{ store: AuthStore; close(): Promise<void> }>): Contract {
  return promises.map(({ promise, check }) => ({
    promise,
    async check() {
      const { store, close } = await open()
      try {
        await check(store)
      } finally {
        await close()
      }
    }
  }))
}

const promises: readonly StorePromise[] = [
  ...userPromises,
  ...uniquenessPromises,
  ...passwordPromises,
  ...openingPromises,
  ...rotationPromises,
  ...replayPromises,
  ...endingPromises,
  ...sessionListPromises,
  ...sessionLimitPromises,
  ...endedSessionPromises,
  ...letterPromises,
  ...destinationPromises,
  ...letterSharePromises,
  ...oneTimeTokenPromises,
  ...effectPromises,
  ...waitingSignupPromises,
  ...disputedSignupPromises,
  ...disputedUserPromises,
  ...noticePromises,
  ...eventPromises,
  ...forgettingPromises
]
