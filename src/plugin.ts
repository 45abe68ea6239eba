/** The hallway: read the options, build the wings, open the rooms in order. */
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createAuthenticate } from './access/authenticate.ts'
import { decorateRequests } from './access/request-auth.ts'
import { openStorage } from './adapters/storage.ts'
import { accessTokenKeyring, type Context, clockOf, createContext } from './context.ts'
import { OptionsError } from './errors.ts'
import type { Feature } from './feature.ts'
import { openDoor } from './http/door.ts'
import { type AuthOptions, type Config, readOptions } from './options.ts'
import { type AuthApi, features } from './registry.ts'
import type { AuthStore } from './store/index.ts'
import { createAccessTokens } from './token/access-token.ts'

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
    gates: rooms.flatMap(({ gate }) => gate ?? []),
    accessTokens: await buildAccessTokens(app, config),
    afterwards: afterwards.run
  })

  decorateRequests(app)
  app.decorate(config.decorate.authenticate as 'authenticate', createAuthenticate(context.identify))
  app.decorate(config.decorate.auth as 'auth', buildApi(rooms, context, store))
  await app.register(
    async (scope) => {
      const route = openDoor(scope, config, context.identify)
      for (const room of rooms) room.routes?.(route, context)
    },
    { prefix: config.prefix }
  )
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

/** In a child of their own: @fastify/jwt decorates its scope, and must meet neither the host's nor a second one of ours. */
async function buildAccessTokens(app: FastifyInstance, config: Config): Promise<Context['accessTokens']> {
  let accessTokens: Context['accessTokens'] | undefined
  await app.register(async (vault) => {
    const { issuer, audience, accessToken } = config
    accessTokens = await createAccessTokens(
      vault,
      accessTokenKeyring(config),
      { issuer, audience, ttl: accessToken.ttl },
      clockOf(config)
    )
  })
  return accessTokens as Context['accessTokens']
}

function buildApi(rooms: readonly Feature[], context: Context, store: AuthStore): AuthApi {
  const verbs = rooms.map((room) => room.api?.(context) ?? {})
  return Object.freeze(
    Object.assign({ events: { on: context.events.on }, migrate: () => store.open({ migrate: true }) }, ...verbs)
  ) as AuthApi
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
