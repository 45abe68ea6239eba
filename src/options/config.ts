/** What the house works with: every option read, checked and filled in. Frozen, down to what the host handed over as its own. */
import type { LetterTemplates } from '../mail/letters.ts'
import type { MailTransporter, SendMail } from '../mail/mailer.ts'
import type { PasswordSettings } from '../password/hashing.ts'
import type { PasswordPolicySettings } from '../password/policy.ts'
import type { User } from '../session/user.ts'
import type { AuthStore } from '../store/index.ts'
import type { Identifiers } from './identifiers.ts'
import type { RouteName, RouteSettings } from './routes.ts'
import type { KyselyInstance } from './storage.ts'
import type { FieldSchema } from './user-fields.ts'

export type Transport = 'bearer' | 'cookie' | 'refresh-cookie'

export interface Config {
  readonly production: boolean
  /** The first makes, all are accepted. */
  readonly secrets: readonly string[]
  /** A URL, the host's Kysely, or a store. */
  readonly storage: string | KyselyInstance | AuthStore
  readonly postgres: { readonly prepare: boolean; readonly listen: boolean }
  /** Empty, or begins with a slash and does not end with one. */
  readonly prefix: string
  readonly issuer: string
  readonly audience: string
  readonly identifiers: Identifiers
  readonly user: UserConfig
  readonly password: PasswordPolicySettings & PasswordSettings
  readonly accessToken: AccessTokenConfig
  readonly refreshToken: RefreshTokenConfig
  readonly sessions: {
    /** Seconds until another process has seen that a session ended. */
    readonly endedWithin: number
    /** Live sessions of one user. */
    readonly max?: number
  }
  /** The first is what a request gets that does not choose. */
  readonly transports: readonly Transport[]
  readonly cookie: { readonly secure: boolean; readonly sameSite: 'lax' | 'strict' | 'none'; readonly domain?: string }
  readonly origins: readonly string[]
  readonly email: EmailConfig
  readonly mailer?: string | MailTransporter | SendMail
  /** Whether there are addresses to send letters to, and somebody who carries them. */
  readonly sendsMail: boolean
  /** How many letters an address gets in an hour; null for no limit. */
  readonly lettersPerHour: number | null
  readonly routes: Readonly<Record<RouteName, RouteSettings>>
  readonly migrate: boolean
  /** The database's clock when there is none. */
  readonly clock?: () => Date
  readonly decorate: { readonly authenticate: string; readonly authorize: string; readonly auth: string }
  readonly tablePrefix: string
  /** Sentences for the log at boot. */
  readonly warnings: readonly string[]
}

export interface UserConfig {
  readonly fields: { readonly properties: Readonly<Record<string, FieldSchema>>; readonly required: readonly string[] }
  readonly public: readonly string[]
  readonly serverOnly: readonly string[]
}

export interface AccessTokenConfig {
  /** Seconds, a whole number. */
  readonly ttl: number
  /** Null: the identifiers and `emailVerified`. */
  readonly claims: readonly string[] | ((user: User) => object) | null
  /** Null: the key is derived from `secrets`. */
  readonly secrets: readonly string[] | null
}

/** All in seconds. */
export interface RefreshTokenConfig {
  readonly idleTtl: number
  readonly absoluteTtl: number
  readonly grace: number
  readonly rotate: boolean
}

export interface EmailConfig {
  readonly verification: 'off' | 'optional' | 'required'
  /** Seconds. */
  readonly verifyTtl: number
  /** Seconds. */
  readonly resetTtl: number
  readonly from: string
  readonly appName: string | null
  readonly links: { readonly verify?: string; readonly reset?: string; readonly change?: string }
  readonly templates: LetterTemplates
}
