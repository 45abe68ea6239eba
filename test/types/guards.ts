import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import 'fastify-gatehouse'

declare const app: FastifyInstance
declare const request: FastifyRequest
declare const reply: FastifyReply

const handler = async () => 'ok'

// Both guards fit every place where Fastify takes one, alone or in a list.
app.get('/a', { onRequest: app.authenticate }, handler)
app.get('/b', { preHandler: app.authenticate }, handler)
app.get('/c', { onRequest: [app.authenticate.optional] }, handler)
app.get('/d', { preHandler: [app.authenticate.optional] }, handler)
app.addHook('onRequest', app.authenticate)
app.addHook('preHandler', app.authenticate.optional)

// And a hook of the host's own may wait for them.
const waited: Promise<void> = app.authenticate(request, reply)
await waited

// @ts-expect-error: there is no such guard
app.authenticate.sometimes
