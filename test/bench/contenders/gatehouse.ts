/** This package, as a host would use it. */
import Fastify from 'fastify'
import authPlugin, { type AuthOptions } from 'fastify-gatehouse'
import { serve, settings } from './parent.ts'

const app = Fastify()
await app.register(authPlugin, settings<Omit<AuthOptions, 'prefix'>>())
app.get('/hello', { onRequest: app.authenticate }, async () => ({ hello: 'world' }))
await serve(app)
