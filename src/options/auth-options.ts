/**
 * What a host may ask for. Every member may be `undefined`, which means "not given"; a value that does not fit is refused at
 * boot with an `OptionsError` that says path, expected and received.
 */
import type { LetterTemplates } from '../mail/letters.ts'
import type { MailTransporter, SendMail } from '../mail/mailer.ts'
import type { PasswordCheck } from '../password/policy.ts'
import type { User } from '../session/user.ts'
import type { AuthStore } from '../store/index.ts'
import type { Transport } from './config.ts'
import type { Duration } from './duration.ts'
import type { LogLevel, RouteName } from './routes.ts'
import type { KyselyInstance } from './storage.ts'

export interface AuthOptions {
  /**
   * Random text of at least 32 bytes, such as `npx fastify-gatehouse secret` makes. Every key is derived from it; it signs
   * nothing itself. With a list the first is used and all are accepted: put a new one in front to rotate without downtime.
   *
   * Refused: nothing or less than 32 bytes; a PEM or a JWK, because a public key is known to everybody; one character
   * repeated; the same secret twice.
   */
  secret: string | string[] | undefined

  /**
   * Where accounts live: `postgres://…`, `sqlite:FILE`, `sqlite::memory:`, `pglite:DIR` (the driver is an optional peer,
   * imported only when named), your own Kysely instance, or any `AuthStore`. `mysql://…` comes with a later release.
   *
   * @default 'sqlite:./gatehouse.sqlite', and required when NODE_ENV is production
   */
  storage?: string | KyselyInstance | AuthStore | undefined

  /** Of the pool that this library opens. Switch off what a connection pooler in between cannot do. */
  postgres?:
    | {
        /** Named prepared statements. @default true */
        prepare?: boolean | undefined
        /** LISTEN, to hear of ended sessions sooner than by polling. @default true */
        listen?: boolean | undefined
      }
    | undefined

  /** Where the routes hang: empty for the root, else it begins with a slash and does not end with one. @default '/auth' */
  prefix?: string | undefined

  /** `iss` of access tokens; checked on each. @default 'fastify-gatehouse' */
  issuer?: string | undefined

  /** `aud` of access tokens; checked on each. @default the issuer */
  audience?: string | undefined

  /**
   * What a sign-up asks for (`'username?'` may be left out), and a sign-in takes one of.
   *
   * Refused: `'username'` beside `'username?'`, and `'username?'` alone, by which somebody could have nothing to sign in by.
   *
   * @default ['email']
   */
  identifiers?: readonly ('email' | 'username' | 'username?')[] | undefined

  user?: UserOptions | undefined
  password?: PasswordOptions | undefined
  accessToken?: AccessTokenOptions | undefined
  refreshToken?: RefreshTokenOptions | undefined

  sessions?:
    | {
        /** How many live sessions a user may have; the oldest ends, with the reason `limit`. @default none */
        max?: number | undefined
        /** How soon another process sees that a session ended; 0.1 seconds to an hour. @default '1s' */
        endedWithin?: Duration | undefined
      }
    | undefined

  /**
   * How tokens travel: in bodies; both in HttpOnly cookies; or the refresh token in a cookie and the access token in the body.
   * With a list the first is the default, and a request chooses by the header `Auth-Transport`. One that is not listed is
   * ignored wherever it appears.
   *
   * @default 'bearer'
   */
  transport?: Transport | readonly Transport[] | undefined

  cookie?: CookieOptions | undefined

  /** Other origins that may make unsafe requests or open WebSockets with a cookie, such as `'https://app.example.com'`. @default [] */
  origins?: readonly string[] | undefined

  email?: EmailOptions | undefined

  /**
   * Who carries letters: an SMTP URL (takes the package nodemailer), a nodemailer transporter, or a function that resolves when
   * the letter is handed over. A rejection is tried again, eight times within two hours; so is a letter that hangs.
   *
   * Without one, letters stand in the log outside production, and in production the routes that send them are off.
   *
   * @default none
   */
  mailer?: string | MailTransporter | SendMail | undefined

  /** Limits by address and account. An object comes with a later release and is refused until then; so far nothing is limited. */
  rateLimit?: false | Readonly<Record<string, unknown>> | undefined

  /** Comes with a later release: `true` is refused until then. */
  apiKeys?:
    | {
        /** @default false */
        enabled?: boolean | undefined
        /** Whether every route of ours needs a key. @default false */
        required?: boolean | undefined
      }
    | undefined

  /** What becomes of a route of yours that says nothing about access. `'deny'` comes with a later release. @default 'allow' */
  policy?: 'allow' | 'deny' | undefined

  /** Called inside our work. Comes with a later release, refused until then: `app.auth.events` tells what happened. */
  hooks?:
    | { [Name in 'onSignup' | 'onLogin' | 'onReplay']?: ((...parameters: never[]) => unknown) | undefined }
    | undefined

  /**
   * A route's own path or paths, in place of the default path and its aliases; `false` switches it off.
   *
   * Refused: a path without a leading slash, or without the parameter that its route reads.
   */
  routes?: { [Name in RouteName]?: string | readonly string[] | false | RouteOptions | undefined } | undefined

  /**
   * Whether to create or upgrade the tables at boot, under a lock. When false, boot refuses a schema that is not current.
   *
   * @default true, and false when NODE_ENV is production
   */
  migrate?: boolean | undefined

  /** For tests. @default the database's clock */
  clock?: (() => Date) | undefined

  /** The decorators' names, for a second registration with another user base. */
  decorate?:
    | {
        /** @default 'authenticate' */
        authenticate?: string | undefined
        /** @default 'authorize' */
        authorize?: string | undefined
        /** @default 'auth' */
        auth?: string | undefined
      }
    | undefined

  /** Lower-case letters, digits and underscores, at most 24. @default 'auth_' */
  tablePrefix?: string | undefined
}

export interface UserOptions {
  /**
   * Your own fields, as a JSON Schema of type `object` (a TypeBox `Type.Object` is one): checked at sign-up and PATCH, stored,
   * and answered flat beside the built-in ones.
   *
   * Refused: a field named like a built-in one or like a member of our bodies; a keyword beside `type`, `properties`,
   * `required` and `additionalProperties: false` that would have to be dropped.
   *
   * @default none
   */
  fields?: UserFieldsSchema | undefined
  /** The public profile: fields of yours, `'id'`, `'username'`, `'createdAt'`; never the address. @default ['username'] */
  public?: readonly string[] | undefined
  /** Fields that are answered and never accepted from a client. @default [] */
  serverOnly?: readonly string[] | undefined
}

/** Typed by its structure, so that no copy of TypeBox is tied in. */
export interface UserFieldsSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
  readonly required?: readonly string[] | undefined
  /** `false` or nothing: an unknown key in a body is refused in any case. */
  readonly additionalProperties?: unknown
  readonly $schema?: string | undefined
  readonly $id?: string | undefined
  readonly title?: string | undefined
  readonly description?: string | undefined
}

/** Judged when a password is set, never at sign-in. Lengths are in code points (NIST SP 800-63B-4). */
export interface PasswordOptions {
  /** At least 8; NIST asks for 15 where the password is the only factor. @default 8 */
  minLength?: number | undefined
  /** At least 64, and no less than `minLength`. @default 256 */
  maxLength?: number | undefined
  /** Whether common passwords are refused. @default true */
  blocklist?: boolean | undefined
  /** Your own rule, asked after the built-in ones. @default none */
  check?: PasswordCheck | undefined
  /** Weaker than the defaults is a warning at boot, and refused when NODE_ENV is production. */
  argon2?:
    | {
        /** KiB, at least 8 for each lane. @default 19456 */
        memoryCost?: number | undefined
        /** Passes. @default 2 */
        timeCost?: number | undefined
        /** Lanes. @default 1 */
        parallelism?: number | undefined
      }
    | undefined
  /** A flood of sign-ins may not take the whole thread pool, which DNS and the file system share. */
  hashing?:
    | {
        /** How many hashes are computed at a time. @default the number of cores, at most UV_THREADPOOL_SIZE - 2, at least 1 */
        concurrency?: number | undefined
        /** How many wait; whoever comes after them gets 503 `AUTH_OVERLOADED`. @default 32 */
        queue?: number | undefined
      }
    | undefined
  /** Comes with a later release, refused until then. @default none */
  pepper?: string | readonly string[] | undefined
}

export interface AccessTokenOptions {
  /** A whole number of seconds, at least one. @default '10m' */
  ttl?: Duration | undefined
  /**
   * What the token says of the user and `request.user` has beside `id` and `sessionId`: names of user properties, or a function.
   * Registered claims (`sub`, `exp`, …) are ours and refused.
   *
   * @default the identifiers and `emailVerified`
   */
  claims?: readonly string[] | ((user: User) => object) | undefined
  /**
   * Signs in place of the derived key. Give this one, never `secret`, to a service that verifies tokens itself; it is refused
   * when it is the same. A list rotates as that of `secret` does.
   *
   * @default a key derived from `secret`
   */
  secret?: string | readonly string[] | undefined
  /** Asymmetric ones come with a later release and are refused until then. @default 'HS256' */
  algorithm?: 'HS256' | 'EdDSA' | 'ES256' | 'RS256' | undefined
  /** The private keys of an asymmetric algorithm (PEM or JWK). Comes with a later release, refused until then. @default none */
  keys?: readonly (string | object)[] | undefined
}

export interface RefreshTokenOptions {
  /** A session ends when it is not refreshed for so long; at least a second, at most `absoluteTtl`. @default '7d', or `absoluteTtl` where that is shorter */
  idleTtl?: Duration | undefined
  /** A session ends so long after its sign-in, however often it is refreshed. @default '30d' */
  absoluteTtl?: Duration | undefined
  /** How long a used token still gets the same successor, for retries and parallel tabs; 0 is strict. @default '30s' */
  grace?: Duration | undefined
  /** False answers with the same token, for clients that never store a new one; a warning at boot (RFC 9700 2.2.2). @default true */
  rotate?: boolean | undefined
}

export interface CookieOptions {
  /** False is refused when NODE_ENV is production. @default true */
  secure?: boolean | undefined
  /** `'none'` needs `secure` and an entry in `origins`. @default 'lax' */
  sameSite?: 'lax' | 'strict' | 'none' | undefined
  /** Shares the cookies with its subdomains. @default none: this host alone */
  domain?: string | undefined
}

export interface EmailOptions {
  /**
   * `'required'`: a sign-up waits until the link in its letter is clicked, and is answered alike for every address.
   * `'optional'`: the letter goes out, and nothing waits for it. `'off'`: there is none.
   *
   * Refused: `'required'` where no mail can be sent.
   *
   * @default 'optional', and 'off' where no mail can be sent
   */
  verification?: 'off' | 'optional' | 'required' | undefined
  /** How long the link of a verification letter works. @default '24h' */
  verifyTtl?: Duration | undefined
  /** How long the link of a password-reset letter works. @default '15m' */
  resetTtl?: Duration | undefined
  /** The sender, such as `'Example <no-reply@example.com>'`. @default 'no-reply@localhost', and required in production */
  from?: string | undefined
  /** How letters call your app; no password may be equal to it. @default none: 'this app' */
  appName?: string | undefined
  /**
   * Your pages that the letters lead to: URLs with `{token}` in them, which post the token to the route of its kind. Never made
   * from a request's headers.
   *
   * @default outside production our own page, `{prefix}/action`; required in production
   */
  links?: { [Letter in 'verify' | 'reset' | 'change']?: string | undefined } | undefined
  /** Letters of your own, by name; escape what comes from a user before it goes into `html`. @default ours, in English */
  templates?: LetterTemplates | undefined
}

export interface RouteOptions {
  path?: string | readonly string[] | undefined
  /** Leaves the route out of the OpenAPI document. @default false */
  hide?: boolean | undefined
  /** @default the app's */
  logLevel?: LogLevel | undefined
}
