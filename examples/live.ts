/** A line that stays open: the time of the server, for as long as the session lasts. */
import { Readable } from 'node:stream'
import { setInterval } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { isAuthError, type RequestAuth } from 'fastify-gatehouse'
import { Problem } from './api-docs.ts'

export async function live(app: FastifyInstance): Promise<void> {
  const closing = new AbortController()
  // A server waits for its answers before it closes, and this one would never be done.
  app.addHook('preClose', async () => closing.abort())

  app.get(
    '/live',
    {
      onRequest: app.authenticate,
      schema: {
        tags: ['example'],
        operationId: 'live',
        summary: 'Hear the time, every second',
        description: 'An event stream: `time` each second, and `end` with the reason when the session ends.',
        response: {
          200: { description: 'Events', content: { 'text/event-stream': { schema: Type.String() } } },
          401: Problem
        }
      }
    },
    async (request, reply) => {
      // Never null behind a guard.
      const { signal } = request.auth as RequestAuth
      reply.type('text/event-stream').header('cache-control', 'no-store')
      return Readable.from(tellTheTime(signal, closing.signal))
    }
  )
}

async function* tellTheTime(session: AbortSignal, closing: AbortSignal): AsyncGenerator<string> {
  const ends = AbortSignal.any([session, closing])
  try {
    yield event('time', { now: new Date() })
    for await (const _ of setInterval(1000, undefined, { signal: ends })) yield event('time', { now: new Date() })
  } catch {
    // The session ended, wherever that was, or its access token has expired.
    if (isAuthError(session.reason)) yield event('end', { code: session.reason.code, reason: session.reason.reason })
  }
}

/** Server-sent events (HTML, 9.2.5). */
const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
