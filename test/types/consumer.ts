/** A host application, which knows only Fastify and this package. */
import Fastify from 'fastify'
import authPlugin, { isAuthError } from 'fastify-gatehouse'

const app = Fastify()
await app.register(authPlugin, { secret: process.env.AUTH_SECRET })

app.get('/mine', { preHandler: app.authenticate }, async (request) => ({ owner: request.user.id }))
app.get('/early', { onRequest: app.authenticate }, async (request) => request.user.sessionId)
app.get('/maybe', { preHandler: [app.authenticate.optional] }, async (request) => request.auth?.sessionId ?? 'nobody')
app.addHook('onRequest', app.authenticate)

app.setErrorHandler((error, _request, reply) => {
  if (isAuthError(error) && error.code === 'AUTH_SESSION_ENDED') return reply.code(error.statusCode).send(error.reason)
  throw error
})
