/** A small host application: accounts by fastify-gatehouse, two routes and a page of its own. */
import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import authPlugin from 'fastify-gatehouse'
import { documentApi } from './api-docs.ts'
import { hello } from './hello.ts'
import { notes } from './notes.ts'
import { page } from './page.ts'
import { readSecret } from './secret.ts'
import { UserFields } from './user-fields.ts'

const DEFAULT_STORAGE = `sqlite:${fileURLToPath(new URL('gatehouse.sqlite', import.meta.url))}`

export async function buildApp(env: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  const storage = env.DATABASE_URL || DEFAULT_STORAGE
  const app = Fastify({ logger: { level: 'warn' } })

  // First, because it hears of routes as they are added.
  await documentApi(app)

  await app.register(authPlugin, {
    secret: readSecret(env, storage),
    storage,
    // One command must be enough here, in production too; elsewhere `fastify-gatehouse migrate` is a step of deployment.
    migrate: true,
    identifiers: ['email', 'username?'],
    user: { fields: UserFields, public: ['username', 'displayName'], serverOnly: ['plan'] }
  })

  await app.register(hello)
  await app.register(notes)
  await app.register(page)
  return app
}
