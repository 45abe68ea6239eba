/** The floor plan: one line a room. */

import type { Cleanup } from './cleanup.ts'
import type { Call, Feature } from './feature.ts'
import { accountDeletionFeature } from './features/account-deletion.ts'
import { actionFeature } from './features/action.ts'
import { administrationFeature } from './features/administration.ts'
import { emailChangeFeature } from './features/email-change.ts'
import { emailVerificationFeature } from './features/email-verification.ts'
import { eventsFeature } from './features/events.ts'
import { loginFeature } from './features/login.ts'
import { logoutFeature } from './features/logout.ts'
import { meFeature } from './features/me.ts'
import { passwordChangeFeature } from './features/password-change.ts'
import { passwordResetFeature } from './features/password-reset.ts'
import { publicProfileFeature } from './features/public-profile.ts'
import { refreshFeature } from './features/refresh.ts'
import { sessionsFeature } from './features/sessions.ts'
import { signupFeature } from './features/signup.ts'
import { verifyFeature } from './features/verify.ts'

export const features = [
  signupFeature,
  loginFeature,
  refreshFeature,
  logoutFeature,
  verifyFeature,
  meFeature,
  publicProfileFeature,
  sessionsFeature,
  administrationFeature,
  emailVerificationFeature,
  passwordResetFeature,
  passwordChangeFeature,
  emailChangeFeature,
  accountDeletionFeature,
  eventsFeature,
  actionFeature
] as const

type ApiOf<Room> = Room extends Feature<infer Api> ? Api : never
type Every<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never

/** `app.auth`: every room's verbs, and what the house as a whole offers. */
export type AuthApi = Readonly<Every<ApiOf<(typeof features)[number]>>> & {
  readonly mail: {
    /** Tries every unsent letter now, those too whose turn is later. */
    flush(): Promise<void>
  }
  /** Creates or upgrades the tables, under a lock. */
  migrate(): Promise<void>
  /**
   * Removes what is over and of no further use: sessions and one-time tokens after 30 days, sign-ups that nobody proved among
   * them, and events after 365. A thousand rows at a time, beside the running app; once a day is often enough.
   */
  cleanup(call?: Call): Promise<Cleanup>
}
