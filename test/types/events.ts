import Fastify from 'fastify'
import authPlugin, { type AuthEventName, type PastEvent } from 'fastify-gatehouse'
import { type Equals, pin } from './equals.ts'

const app = Fastify()
await app.register(authPlugin, { secret: process.env.AUTH_SECRET })

app.auth.events.on('refresh-reused', ({ userId, ip }) => app.log.warn({ userId, ip }, 'a stolen refresh token'))
// @ts-expect-error: no such event
app.auth.events.on('refresh-stolen', () => {})

const happened = await app.auth.events.list({ userId: 'ada' }, { trx: {} })
pin<Equals<typeof happened, readonly PastEvent[]>>()
pin<Equals<PastEvent['name'], AuthEventName>>()
// @ts-expect-error: of whom?
await app.auth.events.list({})
