/** A small host application: accounts by fastify-gatehouse, a few routes and two pages of its own. */
import { fileURLToPath } from 'node:url'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import authPlugin from 'fastify-gatehouse'
import { documentApi } from './api-docs.ts'
import { hello } from './hello.ts'
import { live } from './live.ts'
import { createMailbox, mailboxRoutes } from './mailbox.ts'
import { notes } from './notes.ts'
import { pages } from './pages.ts'
import { readSecret } from './secret.ts'
import { UserFields } from './user-fields.ts'

const DEFAULT_STORAGE = `sqlite:${fileURLToPath(new URL('gatehouse.sqlite', import.meta.url))}`

export async function buildApp(env: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  const production = env.NODE_ENV === 'production'
  const storage = env.DATABASE_URL || DEFAULT_STORAGE
  // Whoever opens /mailbox reads every letter, and may follow its link: good to try things by hand, and for nothing else.
  const mailbox = env.SMTP_URL || production ? null : createMailbox()
  const app = Fastify({ logger: { level: 'warn' } })

  // First, because they hear of routes as they are added.
  await documentApi(app, { production })
  await app.register(websocket, { options: { maxPayload: 1024 } })

  await app.register(authPlugin, {
    secret: readSecret(env, storage),
    storage,
    // One command must be enough here, in production too; elsewhere `fastify-gatehouse migrate` is a step of deployment.
    migrate: true,
    identifiers: ['email', 'username?'],
    user: { fields: UserFields, public: ['username', 'displayName'], serverOnly: ['plan'] },
    // The first is for the page; scripts ask for another one by the header `Auth-Transport`.
    transport: ['cookie', 'bearer', 'refresh-cookie'],
    // A phone on the local network comes by plain HTTP.
    cookie: { secure: production },
    email: { appName: 'Gatehouse', from: 'Gatehouse <no-reply@gatehouse.example>' },
    mailer: env.SMTP_URL || mailbox?.receive,
    // Trying things by hand is not an attack.
    rateLimit: false
  })

  await app.register(hello)
  await app.register(notes)
  await app.register(live)
  await app.register(mailboxRoutes, { mailbox })
  await app.register(pages)
  return app
}
