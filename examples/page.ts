/** The page at `/`: plain files, under a policy that lets nothing in but themselves. */
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const HEADERS = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

export async function page(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: new URL('public/', import.meta.url),
    schemaHide: true,
    setHeaders: (reply) => {
      reply.headers(HEADERS)
    }
  })
}
