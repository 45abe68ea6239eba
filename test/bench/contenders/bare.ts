/** Fastify and a route, nothing else. */
import Fastify from 'fastify'
import { serve } from './parent.ts'

const app = Fastify()
app.get('/hello', async () => ({ hello: 'world' }))
await serve(app)
