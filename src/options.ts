/** What a host may ask for: each option with its kind and its default, read once into one frozen `Config`. */
import { availableParallelism } from 'node:os'
import type { LetterTemplate } from './mail/letters.ts'
import type { AuthOptions, PasswordOptions } from './options/auth-options.ts'
import type { Config } from './options/config.ts'
import { crossCheck, RECOMMENDED, warningsOf } from './options/cross-checks.ts'
import { duration } from './options/duration.ts'
import { identifiers } from './options/identifiers.ts'
import {
  anyOf,
  callable,
  count,
  exactly,
  type Field,
  flag,
  group,
  instance,
  listOf,
  oneOf,
  oneOrMore,
  optional,
  required,
  text
} from './options/kinds.ts'
import { refuseLater } from './options/later.ts'
import { measure } from './options/refusal.ts'
import { routes } from './options/routes.ts'
import { secrets } from './options/secrets.ts'
import { mailer, storage } from './options/storage.ts'
import { userFields } from './options/user-fields.ts'
import type { PasswordCheck } from './password/policy.ts'
import type { User } from './session/user.ts'
import type { LetterName } from './store/index.ts'

export type { AuthOptions } from './options/auth-options.ts'
export type { Config, Transport } from './options/config.ts'
export type { RouteName } from './options/routes.ts'
export { isKysely } from './options/storage.ts'

/** The members of an option's type and of its group here are the same, or it does not compile. */
type FieldsOf<Options> = Record<keyof NonNullable<Options>, Field<unknown>>

const postgres = group({
  prepare: optional(flag, true),
  listen: optional(flag, true)
} satisfies FieldsOf<AuthOptions['postgres']>)

const user = group({
  fields: optional(userFields, { type: 'object', properties: {} }),
  public: optional(listOf(text()), ['username']),
  serverOnly: optional(listOf(text()), [])
} satisfies FieldsOf<AuthOptions['user']>)

const password = group({
  minLength: optional(count({ min: 8 }), 8),
  maxLength: optional(count({ min: 64 }), 256),
  blocklist: optional(flag, true),
  check: optional(callable<PasswordCheck>()),
  argon2: optional(
    group({
      memoryCost: optional(count({ min: 8 }), RECOMMENDED.memoryCost),
      timeCost: optional(count({ min: 1 }), RECOMMENDED.timeCost),
      parallelism: optional(count({ min: 1, max: 255 }), RECOMMENDED.parallelism)
    } satisfies FieldsOf<PasswordOptions['argon2']>),
    {}
  ),
  hashing: optional(
    group({
      concurrency: optional(count({ min: 1 }), spareThreads),
      queue: optional(count({ min: 0 }), 32)
    } satisfies FieldsOf<PasswordOptions['hashing']>),
    {}
  ),
  pepper: optional(secrets)
} satisfies FieldsOf<AuthOptions['password']>)

const signingKey = anyOf(
  text('a PEM', (value) => value.includes('-----BEGIN'), measure),
  instance('a JWK', () => true)
)

const accessToken = group({
  // `exp` is a whole number on both sides of a token.
  ttl: optional(duration({ from: '1s', whole: true }), '10m'),
  claims: optional(anyOf(listOf(text()), callable<(user: User) => object>())),
  secret: optional(secrets),
  algorithm: optional(oneOf('HS256', 'EdDSA', 'ES256', 'RS256'), 'HS256'),
  keys: optional(listOf(signingKey, { min: 1 }))
} satisfies FieldsOf<AuthOptions['accessToken']>)

const refreshToken = group({
  idleTtl: optional(duration({ from: '1s' })), // '7d', or `absoluteTtl` where that is shorter
  absoluteTtl: optional(duration({ from: '1s' }), '30d'),
  grace: optional(duration(), '30s'),
  rotate: optional(flag, true)
} satisfies FieldsOf<AuthOptions['refreshToken']>)

const WEEK = 7 * 24 * 60 * 60
const LETTERS_PER_HOUR = 5

const sessions = group({
  max: optional(count({ min: 1 })),
  endedWithin: optional(duration({ from: 0.1, to: '1h' }), '1s')
} satisfies FieldsOf<AuthOptions['sessions']>)

const cookie = group({
  secure: optional(flag, true),
  sameSite: optional(oneOf('lax', 'strict', 'none'), 'lax'),
  domain: optional(text("a domain such as 'example.com'", (value) => /^[a-z\d-]+(?:\.[a-z\d-]+)*$/i.test(value)))
} satisfies FieldsOf<AuthOptions['cookie']>)

const origin = text(
  "an exact origin such as 'https://app.example.com'",
  (value) => URL.canParse(value) && new URL(value).origin === value
)

const link = text(
  'an http or https URL with {token} in it',
  (value) => value.includes('{token}') && /^https?:\/\/\S+$/.test(value) && URL.canParse(value)
)

const sender = text('an address without line breaks', (value) => /^[^\r\n]*@[^\r\n]*$/.test(value))

const template = optional(callable<LetterTemplate>())

const templates = group({
  'verify-email': template,
  'reset-password': template,
  'change-email': template,
  'account-exists': template,
  'email-changed': template,
  'password-changed': template,
  'account-deleted': template
} satisfies Record<LetterName, Field<unknown>>)

const email = group({
  verification: optional(oneOf('off', 'optional', 'required')), // 'optional', and 'off' where no mail can be sent
  verifyTtl: optional(duration({ from: '1s' }), '24h'),
  resetTtl: optional(duration({ from: '1s' }), '15m'),
  from: optional(sender), // 'no-reply@localhost', and required in production
  appName: optional(text()),
  links: optional(group({ verify: optional(link), reset: optional(link), change: optional(link) }), {}),
  templates: optional(templates, {})
} satisfies FieldsOf<AuthOptions['email']>)

const rateLimit = anyOf(
  exactly(false),
  instance('an object', (value) => !Array.isArray(value))
)

const apiKeys = group({
  enabled: optional(flag, false),
  required: optional(flag, false)
} satisfies FieldsOf<AuthOptions['apiKeys']>)

const hooks = group({
  onSignup: optional(callable()),
  onLogin: optional(callable()),
  onReplay: optional(callable())
} satisfies FieldsOf<AuthOptions['hooks']>)

const name = text('a name such as JavaScript allows after a dot', (value) => /^[a-z_$][\w$]*$/i.test(value))

const decorate = group({
  authenticate: optional(name, 'authenticate'),
  authorize: optional(name, 'authorize'),
  auth: optional(name, 'auth')
} satisfies FieldsOf<AuthOptions['decorate']>)

/** Two defaults depend on whether this is production. */
const table = (production: boolean) =>
  ({
    secret: required(
      secrets,
      '`secret` is required: at least 32 bytes (`npx fastify-gatehouse secret` makes one); is the environment variable that you pass set?'
    ),
    storage: production
      ? required(
          storage,
          '`storage` is required when NODE_ENV is production: a database URL, a Kysely instance or an AuthStore; is the environment variable that you pass set?'
        )
      : optional(storage, 'sqlite:./gatehouse.sqlite'),
    postgres: optional(postgres, {}),
    prefix: optional(
      text("'' or a path that starts with '/' and does not end with it", (value) => /^(?:\/[^/\s?#]+)*$/.test(value)),
      '/auth'
    ),
    issuer: optional(text(), 'fastify-gatehouse'),
    audience: optional(text()), // the issuer
    identifiers: optional(identifiers, ['email']),
    user: optional(user, {}),
    password: optional(password, {}),
    accessToken: optional(accessToken, {}),
    refreshToken: optional(refreshToken, {}),
    sessions: optional(sessions, {}),
    transport: optional(oneOrMore(oneOf('bearer', 'cookie', 'refresh-cookie')), 'bearer'),
    cookie: optional(cookie, {}),
    origins: optional(listOf(origin), []),
    email: optional(email, {}),
    mailer: optional(mailer),
    rateLimit: optional(rateLimit),
    apiKeys: optional(apiKeys, {}),
    policy: optional(oneOf('allow', 'deny'), 'allow'),
    hooks: optional(hooks, {}),
    routes: optional(routes, {}),
    migrate: optional(flag, !production),
    clock: optional(callable<() => Date>()),
    decorate: optional(decorate, {}),
    tablePrefix: optional(
      text('lower-case letters, digits and underscores, first no digit, at most 24', (value) =>
        /^[a-z_][a-z0-9_]{0,23}$/.test(value)
      ),
      'auth_'
    )
  }) satisfies FieldsOf<AuthOptions>

/** Throws an `OptionsError` for the first thing that is wrong. */
export function readOptions(input: unknown, { production }: { readonly production: boolean }): Config {
  const given = group(table(production)).read(input === undefined ? {} : input, '')
  // It fits the table, and so the type that the table was checked against.
  refuseLater(input as AuthOptions)
  const { accessToken, refreshToken, email } = given
  const sendsMail = given.identifiers.email !== 'none' && (given.mailer !== undefined || !production)
  const config: Config = Object.freeze({
    production,
    secrets: given.secret,
    storage: given.storage,
    postgres: given.postgres,
    prefix: given.prefix,
    issuer: given.issuer,
    audience: given.audience ?? given.issuer,
    identifiers: given.identifiers,
    user: given.user,
    password: given.password,
    accessToken: Object.freeze({
      ttl: accessToken.ttl,
      claims: accessToken.claims ?? null,
      secrets: accessToken.secret ?? null
    }),
    refreshToken: Object.freeze({
      ...refreshToken,
      idleTtl: refreshToken.idleTtl ?? Math.min(WEEK, refreshToken.absoluteTtl)
    }),
    sessions: given.sessions,
    transports: given.transport,
    cookie: given.cookie,
    origins: given.origins,
    email: Object.freeze({
      ...email,
      verification: email.verification ?? (sendsMail ? 'optional' : 'off'),
      from: email.from ?? 'no-reply@localhost',
      appName: email.appName ?? null
    }),
    ...(given.mailer !== undefined && { mailer: given.mailer as NonNullable<Config['mailer']> }),
    sendsMail,
    lettersPerHour: given.rateLimit === false ? null : LETTERS_PER_HOUR,
    routes: given.routes,
    migrate: given.migrate,
    ...(given.clock && { clock: given.clock }),
    decorate: given.decorate,
    tablePrefix: given.tablePrefix,
    warnings: Object.freeze(warningsOf({ ...given, production }))
  })
  crossCheck(config, input as AuthOptions)
  return config
}

/** Two threads of libuv's pool stay free for DNS and files. */
function spareThreads(): number {
  const threads = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '4', 10) || 1
  return Math.max(1, Math.min(availableParallelism(), threads - 2))
}
