/** What every room is handed. */
import type { FastifyBaseLogger } from 'fastify'
import { deriveKeyring, type Keyring, keyringOf } from './crypto/keyring.ts'
import { createEvents } from './events.ts'
import type { Config } from './options.ts'
import { createPasswords, type Passwords } from './password/hashing.ts'
import { createPasswordPolicy, type PasswordPolicy } from './password/policy.ts'
import { createEndedSessions } from './session/ended-sessions.ts'
import { createIdentify, type Identify } from './session/identify.ts'
import type { Gate, SessionParts } from './session/parts.ts'
import type { AuthStore } from './store/index.ts'
import type { AccessTokens } from './token/access-token.ts'
import { createRefreshTokens } from './token/refresh-token.ts'

export interface Context extends SessionParts {
  readonly config: Config
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly identify: Identify
  /** Work that must not delay the answer; the app waits for it when it closes. */
  readonly afterwards: (work: () => Promise<unknown>) => void
}

export interface ContextMaterials {
  readonly config: Config
  readonly store: AuthStore
  readonly log: FastifyBaseLogger
  readonly gates: readonly Gate[]
  readonly accessTokens: AccessTokens
  readonly afterwards: Context['afterwards']
}

export function createContext({ config, store, log, gates, accessTokens, afterwards }: ContextMaterials): Context {
  const clock = clockOf(config)
  const ended = createEndedSessions({ accessTtl: config.accessToken.ttl, clock })
  const { clock: hostClock } = config
  return {
    config,
    store,
    shape: shapeOf(config),
    passwords: createPasswords(config.password),
    policy: createPasswordPolicy(config.password),
    accessTokens,
    refreshTokens: createRefreshTokens(deriveKeyring(config.secrets, 'refresh-token')),
    ended,
    identify: createIdentify(accessTokens, ended),
    events: createEvents({
      clock,
      onListenerError: (error, name) => log.error({ err: error }, `a listener of the event ${name} failed`)
    }),
    gates,
    refreshing: new Map(),
    lifetimes: { accessTtl: config.accessToken.ttl, ...config.refreshToken },
    at: hostClock ? () => ({ now: hostClock() }) : () => ({}),
    afterwards
  }
}

/** The same house inside a transaction of the host's: nothing is shared with calls outside of it. */
export function contextWithin(context: Context, trx: unknown): Context {
  if (context.store.within === undefined) throw new TypeError('This storage has no transactions to work in')
  return { ...context, store: context.store.within(trx), refreshing: new Map() }
}

export function clockOf({ clock }: Config): () => number {
  return clock ? () => clock().getTime() : Date.now
}

/** `secret` signs nothing itself: the key is derived from it, or given for services that verify tokens themselves. */
export function accessTokenKeyring({ accessToken, secrets }: Config): Keyring {
  return accessToken.secrets === null
    ? deriveKeyring(secrets, 'access-token')
    : keyringOf(accessToken.secrets.map((secret) => Buffer.from(secret)))
}

function shapeOf({ identifiers, user, accessToken }: Config): Context['shape'] {
  const hasEmail = identifiers.email !== 'none'
  const hasUsername = identifiers.username !== 'none'
  return {
    hasEmail,
    hasUsername,
    fieldNames: Object.keys(user.fields.properties),
    claims: accessToken.claims ?? [
      ...(hasEmail ? ['email', 'emailVerified'] : []),
      ...(hasUsername ? ['username'] : [])
    ]
  }
}
