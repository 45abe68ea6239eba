/** The pages at `/` and `/mailbox`: plain files, under a policy that lets nothing in but themselves. */
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const HEADERS = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

const OPTIONS = {
  schemaHide: true,
  setHeaders: (reply: { headers(values: typeof HEADERS): unknown }) => {
    reply.headers(HEADERS)
  }
}

export async function pages(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { ...OPTIONS, root: new URL('public/', import.meta.url) })
  // The client as it is installed: browsers can read it without a bundler.
  const client = new URL('.', import.meta.resolve('fastify-gatehouse/client'))
  await app.register(fastifyStatic, { ...OPTIONS, root: client, prefix: '/client/', decorateReply: false })

  app.get('/mailbox', { schema: { hide: true } }, async (_request, reply) => reply.sendFile('mailbox.html'))
}
