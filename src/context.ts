/** What every room is handed. */
import type { FastifyBaseLogger } from 'fastify'
import { deriveKeyring, type Keyring, keyringOf } from './crypto/keyring.ts'
import { newId } from './crypto/random.ts'
import { createEvents } from './events.ts'
import { createDraft, createJournal, type Journal } from './journal.ts'
import { createDelivery } from './mail/delivery.ts'
import type { LinkFor } from './mail/links.ts'
import type { SendMail } from './mail/mailer.ts'
import { createOutbox, type Outbox } from './mail/outbox.ts'
import type { Config } from './options.ts'
import { createPasswords, type Passwords } from './password/hashing.ts'
import { createPasswordPolicy, type PasswordPolicy } from './password/policy.ts'
import { createEndedFeed, type EndedFeed } from './session/ended-feed.ts'
import { createEndedSessions } from './session/ended-sessions.ts'
import { createIdentify, type Identify } from './session/identify.ts'
import type { Gate, SessionParts } from './session/parts.ts'
import type { AuthStore, Notice } from './store/index.ts'
import type { AccessTokens } from './token/access-token.ts'
import type { SessionCookies } from './token/cookies.ts'
import { createOneTimeTokens, type OneTimeTokens } from './token/one-time-token.ts'
import { createRefreshTokens } from './token/refresh-token.ts'

export interface Context extends SessionParts {
  readonly config: Config
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly identify: Identify
  readonly cookies: SessionCookies
  readonly oneTimeTokens: OneTimeTokens
  readonly outbox: Outbox
  readonly journal: Pick<Journal, 'record' | 'flush'>
  readonly feed: EndedFeed
  /** What a verb that changes an account tells its user, where there is mail. */
  readonly telling: (name: Notice['name']) => { readonly now?: Date; readonly notice?: Notice }
  readonly appName: string | null
  /** Where the routes hang, the prefixes of the host's own scopes included. */
  readonly path: string
  /** Work that must not delay the answer; the app waits for it when it closes. */
  readonly afterwards: (work: () => Promise<unknown>) => void
}

/** The one that whoever opened the house closes. */
export interface HouseContext extends Context {
  readonly journal: Journal
}

export interface ContextMaterials {
  readonly config: Config
  readonly store: AuthStore
  readonly log: FastifyBaseLogger
  readonly gates: readonly Gate[]
  readonly accessTokens: AccessTokens
  readonly cookies: SessionCookies
  readonly afterwards: Context['afterwards']
  /** Null where no letters are sent. */
  readonly mail: { readonly send: SendMail; readonly linkFor: LinkFor } | null
  readonly path: string
}

export function createContext(materials: ContextMaterials): HouseContext {
  const { config, store, log, gates, accessTokens, cookies, afterwards, path } = materials
  const clock = clockOf(config)
  const ended = createEndedSessions({ accessTtl: config.accessToken.ttl, clock })
  const { clock: hostClock } = config
  const at: Context['at'] = hostClock ? () => ({ now: hostClock() }) : () => ({})
  const shape = shapeOf(config)
  const oneTimeTokens = createOneTimeTokens(keyringFor(config, 'one-time-token'))
  const journal = createJournal(store.events, log)
  const events = createEvents({
    clock,
    record: journal.record,
    onListenerError: (error, name) => log.error({ err: error }, `a listener of the event ${name} failed`)
  })
  return {
    config,
    store,
    shape,
    passwords: createPasswords(config.password),
    policy: createPasswordPolicy(config.password),
    accessTokens,
    refreshTokens: createRefreshTokens(keyringFor(config, 'refresh-token')),
    ended,
    cookies,
    identify: createIdentify({
      accessTokens,
      ended,
      inHeader: config.transports.some((transport) => transport !== 'cookie'),
      cookies: config.transports.includes('cookie') ? cookies : null
    }),
    events,
    journal,
    oneTimeTokens,
    feed: createEndedFeed({
      store,
      ended,
      log,
      at,
      accessTtl: config.accessToken.ttl,
      within: config.sessions.endedWithin
    }),
    outbox: openOutbox(materials, { at, shape, events, oneTimeTokens }),
    telling: (name) => ({ ...at(), ...(config.sendsMail && { notice: { id: newId(), name } }) }),
    appName: config.email.appName,
    path,
    gates,
    refreshing: new Map(),
    maxSessions: config.sessions.max ?? null,
    lifetimes: { accessTtl: config.accessToken.ttl, ...config.refreshToken },
    at,
    afterwards
  }
}

const silent: Outbox = { wake() {}, async flush() {}, async stop() {} }

function openOutbox(
  { config, store, log, mail }: ContextMaterials,
  { at, shape, events, oneTimeTokens }: Pick<Context, 'at' | 'shape' | 'events' | 'oneTimeTokens'>
): Outbox {
  if (mail === null) return silent
  const { verifyTtl, resetTtl, appName, from, templates } = config.email
  const lifetimes = { verify: verifyTtl, reset: resetTtl }
  return createOutbox({
    store,
    events,
    log,
    at,
    rules: {
      verifySeconds: verifyTtl,
      resetSeconds: resetTtl,
      maxPerHour: config.lettersPerHour,
      required: shape.required
    },
    deliver: createDelivery({
      shape,
      oneTimeTokens,
      appName: appName ?? 'this app',
      from,
      templates,
      lifetimes,
      ...mail
    })
  })
}

/** The same house inside a transaction of the host's: nothing is shared with calls outside of it. */
export async function workWithin<Output>(
  context: Context,
  trx: unknown,
  work: (scoped: Context) => Promise<Output>
): Promise<Output> {
  if (context.store.within === undefined) throw new TypeError('This storage has no transactions to work in')
  const store = context.store.within(trx)
  const draft = createDraft(store.events, context.journal)
  const scoped: Context = {
    ...context,
    store,
    journal: draft,
    events: context.events.recordedBy(draft.record),
    refreshing: new Map(),
    // It may be rolled back: what it ended is known when the feed brings it, and what it began does not go on after it.
    ended: { ...context.ended, add() {} },
    afterwards() {}
  }
  try {
    const output = await work(scoped)
    await draft.flush()
    return output
  } catch (error) {
    draft.handOver()
    throw error
  }
}

export function clockOf({ clock }: Config): () => number {
  return clock ? () => clock().getTime() : Date.now
}

/** `secret` signs nothing itself: the key is derived from it, or given for services that verify tokens themselves. */
export function accessTokenKeyring(config: Config): Keyring {
  const { secrets } = config.accessToken
  return secrets === null ? keyringFor(config, 'access-token') : keyringOf(secrets.map((secret) => Buffer.from(secret)))
}

/** Two user bases of one app may share a secret: the tables' prefix keeps the tokens of one from being good for the other. */
function keyringFor({ secrets, tablePrefix }: Config, purpose: string): Keyring {
  return deriveKeyring(secrets, `${purpose} of ${tablePrefix}users`)
}

function shapeOf({ identifiers, user, accessToken }: Config): Context['shape'] {
  const hasEmail = identifiers.email !== 'none'
  const hasUsername = identifiers.username !== 'none'
  return {
    hasEmail,
    hasUsername,
    fieldNames: Object.keys(user.fields.properties),
    required: [...(identifiers.username === 'required' ? ['username'] : []), ...user.fields.required],
    claims: accessToken.claims ?? [
      ...(hasEmail ? ['email', 'emailVerified'] : []),
      ...(hasUsername ? ['username'] : [])
    ]
  }
}
