/** The hallway: read the options, build the wings, open the rooms in order. */
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createAuthenticate } from './access/authenticate.ts'
import { createAuthorize } from './access/authorize.ts'
import { decorateRequests } from './access/request-auth.ts'
import { openStorage } from './adapters/storage.ts'
import { cleanUp } from './cleanup.ts'
import { accessTokenKeyring, type Context, type ContextMaterials, clockOf, createContext } from './context.ts'
import { digest } from './crypto/digest.ts'
import type { Keyring } from './crypto/keyring.ts'
import { OptionsError } from './errors.ts'
import { type Call, type Feature, runWithin } from './feature.ts'
import { openDoor } from './http/door.ts'
import { createGatekeeper } from './http/guard.ts'
import { createLinks } from './mail/links.ts'
import { openMailer } from './mail/mailer.ts'
import { type AuthOptions, type Config, readOptions } from './options.ts'
import { type AuthApi, features } from './registry.ts'
import type { AuthStore } from './store/index.ts'
import { createAccessTokens } from './token/access-token.ts'
import { createSessionCookies } from './token/cookies.ts'

async function gatehouse(app: FastifyInstance, options: AuthOptions): Promise<void> {
  const config = readOptions(options, { production: process.env.NODE_ENV === 'production' })
  for (const warning of config.warnings) app.log.warn(warning)
  refuseCollisions(app, config)

  const store = await openStorage(config, app.log)
  const afterwards = createAfterwards(app)
  app.addHook('onClose', async () => {
    await afterwards.settle()
    await store.close()
  })
  await store.open({ migrate: config.migrate })

  const rooms: readonly Feature[] = features.filter((feature: Feature) => feature.needs?.(config) ?? true)
  const context = createContext({
    config,
    store,
    log: app.log,
    gates: rooms.flatMap(({ gate }) => gate?.(config) ?? []),
    ...(await openVault(app, config)),
    afterwards: afterwards.run,
    mail: config.sendsMail ? await openMail(app, config) : null,
    path: pathOf(app, config)
  })
  app.addHook('onClose', async () => {
    await Promise.all([context.outbox.stop(), context.feed.stop()])
    await context.journal.stop()
  })
  await context.feed.start()

  const gatekeeper = createGatekeeper({ ...context, origins: config.origins })
  decorateRequests(app)
  app.decorate(config.decorate.authenticate as 'authenticate', createAuthenticate(gatekeeper))
  app.decorate(config.decorate.authorize as 'authorize', createAuthorize(gatekeeper, context))
  app.decorate(config.decorate.auth as 'auth', buildApi(rooms, context, store))
  await app.register(
    async (scope) => {
      const door = openDoor(app, scope, context, gatekeeper)
      for (const room of rooms) room.routes?.(door, context)
    },
    { prefix: config.prefix }
  )
}

const pathOf = (app: FastifyInstance, { prefix }: Config): string => (app.prefix === '/' ? '' : app.prefix) + prefix

async function openMail(app: FastifyInstance, config: Config): Promise<ContextMaterials['mail']> {
  const { send, close } = await openMailer(config.mailer, app.log)
  app.addHook('onClose', async () => close())
  const [action] = config.routes.action.paths ?? ['/action']
  // `listeningOrigin` is the server's own word; before it listens there is nobody who could follow a link.
  const origin = () => (app.server.listening ? app.listeningOrigin : 'http://localhost')
  return { send, linkFor: createLinks(config.email.links, () => origin() + pathOf(app, config) + action) }
}

function refuseCollisions(app: FastifyInstance, { decorate }: Config): void {
  for (const [name, decorator] of Object.entries(decorate)) {
    if (Object.hasOwn(app, decorator)) {
      throw new OptionsError(
        `\`app.${decorator}\` exists already; choose another name with the option \`decorate.${name}\`, ` +
          'and another `prefix` and `tablePrefix` for a second user base'
      )
    }
  }
}

/** What tells the user bases of an app apart, by its server. */
const bases = new WeakMap<object, Set<string>>()

/** Guards ask no database: a token that two bases accept lets the customers of one into the other. */
function refuseSharedTokens(app: FastifyInstance, config: Config, keyring: Keyring): void {
  const { issuer, audience, transports } = config
  const marks = keyring.map(({ bytes }) => JSON.stringify([digest(bytes), issuer, audience]))
  if (transports.some((transport) => transport !== 'bearer')) marks.push(`cookies ${cookieBase(config)}`)
  const known = bases.get(app.server) ?? new Set()
  if (marks.some((mark) => known.has(mark))) {
    throw new OptionsError(
      'Two user bases of one app would accept the same tokens or cookies; give the second another `tablePrefix`, ' +
        'and another `issuer` or `accessToken.secret` where it has one'
    )
  }
  bases.set(app.server, new Set([...known, ...marks]))
}

const cookieBase = ({ tablePrefix }: Config): string => (tablePrefix === 'auth_' ? '' : tablePrefix)

/** In a child of its own, or what @fastify/jwt decorates would meet the host's, or a second one of ours. */
async function openVault(app: FastifyInstance, config: Config): Promise<Pick<Context, 'accessTokens' | 'cookies'>> {
  const { issuer, audience, accessToken, refreshToken } = config
  const claims = { issuer, audience, ttl: accessToken.ttl }
  const lifetimes = { accessTtl: accessToken.ttl, refreshTtl: refreshToken.idleTtl }
  let vault: Pick<Context, 'accessTokens' | 'cookies'> | undefined
  await app.register(async (scope) => {
    const keyring = accessTokenKeyring(config)
    refuseSharedTokens(app, config, keyring)
    vault = {
      accessTokens: await createAccessTokens(scope, keyring, claims, clockOf(config)),
      cookies: await createSessionCookies(Fastify(), { ...config.cookie, ...lifetimes, base: cookieBase(config) })
    }
  })
  return vault as Pick<Context, 'accessTokens' | 'cookies'>
}

/** Two rooms may add to one group of verbs, such as `sessions`. */
function buildApi(rooms: readonly Feature[], context: Context, store: AuthStore): AuthApi {
  const api: Record<string, object> = {
    mail: { flush: context.outbox.flush },
    migrate: () => store.open({ migrate: true }),
    cleanup: (call: Call = {}) => runWithin(context, call, ({ store, at }) => cleanUp(store, at()))
  }
  for (const [name, verbs] of rooms.flatMap((room) =>
    Object.entries((room.api?.(context) ?? {}) as Record<string, object>)
  )) {
    api[name] = typeof verbs === 'function' ? verbs : { ...api[name], ...verbs }
  }
  return Object.freeze(api) as AuthApi
}

/** Work that goes on after an answer. It never fails a request, and never outlives the app. */
function createAfterwards(app: FastifyInstance): { run: Context['afterwards']; settle(): Promise<unknown> } {
  const underWay = new Set<Promise<void>>()
  return {
    run(work) {
      const done = work()
        .then(() => undefined)
        .catch((error: unknown) => app.log.warn({ err: error }, 'work after an answer failed'))
        .finally(() => underWay.delete(done))
      underWay.add(done)
    },
    settle: () => Promise.all(underWay)
  }
}

export const authPlugin = fp(gatehouse, { name: 'fastify-gatehouse', fastify: '5.x' })
