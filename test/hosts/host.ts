/** Hosts of many kinds, and the question that all of them answer: does the plugin say what it says when it is alone? */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'
import { SECRET } from '../support/app.ts'
import { type Line, tellStory } from './story.ts'

export type HostOptions = Omit<Partial<AuthOptions>, 'prefix'> & { readonly prefix?: string }

/** Cheap hashes: these tests are about everything else. */
export const OPTIONS = {
  secret: SECRET,
  storage: 'sqlite::memory:',
  password: { argon2: { memoryCost: 8, timeCost: 1 }, hashing: { queue: 1000 } }
} as const satisfies HostOptions

/** Says what stands in the host, and where among it the plugin is registered. */
export type Arrange = (app: FastifyInstance, register: (options?: HostOptions) => Promise<unknown>) => unknown

/** Ready, with two routes of the host's own, `GET /protected` and `GET /open`; closed when the test ends. */
export async function openHost(
  t: Test,
  arrange: Arrange = (_, register) => register(),
  server: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const app = Fastify(server)
  t.teardown(() => app.close())
  await arrange(app, async (options) => app.register(authPlugin, { ...OPTIONS, ...options }))
  app.get('/protected', { preHandler: (...hook) => app.authenticate(...hook) }, async ({ user }) => ({ user }))
  app.get('/open', async (request) => ({ user: request.user, auth: request.auth }))
  await app.ready()
  return app
}

/** The story in a host with nothing else in it. */
export async function storyAlone(t: Test): Promise<readonly Line[]> {
  return tellStory(await openHost(t))
}

/** A test that the plugin gives every answer as it does alone: status, headers and body. */
export function behavesAsAlone(host: string, arrange: Arrange, server: FastifyServerOptions = {}): void {
  t.test(`${host}: every answer is as it is alone`, async (t) => {
    t.same(await tellStory(await openHost(t, arrange, server)), await storyAlone(t))
  })
}
