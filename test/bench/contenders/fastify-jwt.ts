/** The same route, guarded by @fastify/jwt as its documentation shows it. */
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { serve, settings } from './parent.ts'

const app = Fastify()
await app.register(fastifyJwt, { secret: settings<{ key: string }>().key })
app.get('/hello', { onRequest: async (request) => request.jwtVerify() }, async () => ({ hello: 'world' }))
await serve(app)
