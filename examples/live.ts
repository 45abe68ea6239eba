/** A line that stays open, as a WebSocket or an event stream: the time of the server, for as long as the session lasts. */
import { Readable } from 'node:stream'
import { setInterval } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { isAuthError, type RequestAuth } from 'fastify-gatehouse'
import { Problem } from './api-docs.ts'

/** RFC 6455 7.4.1: the nearest to a 401 that a WebSocket has. */
const POLICY_VIOLATION = 1008

export async function live(app: FastifyInstance): Promise<void> {
  const closing = new AbortController()
  // A server waits for its answers before it closes, and an event stream would never be done.
  app.addHook('preClose', async () => closing.abort())

  app.route({
    method: 'GET',
    url: '/live',
    // RFC 6455 10.2: any page may open a WebSocket, and its visitor's cookies go along. The guard lets in pages of ours.
    onRequest: app.authenticate,
    schema: {
      tags: ['example'],
      operationId: 'live',
      summary: 'Hear the time, every second',
      description:
        'An event stream: `time` each second, and `end` with the reason when the session ends. Or a WebSocket that tells ' +
        'the time in messages and is closed with the code 1008.',
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: Type.String() } } },
        401: Problem,
        403: Problem
      }
    },
    handler: async (request, reply) => {
      // Never null behind a guard.
      const { signal } = request.auth as RequestAuth
      reply.type('text/event-stream').header('cache-control', 'no-store')
      return Readable.from(tellInEvents(signal, closing.signal))
    },
    wsHandler: async (socket, request) => {
      const { signal } = request.auth as RequestAuth
      const gone = new AbortController()
      socket.once('close', () => gone.abort())
      for await (const now of everySecond(signal, gone.signal)) socket.send(JSON.stringify({ now }))
      if (isAuthError(signal.reason)) socket.close(POLICY_VIOLATION, signal.reason.code)
    }
  })
}

async function* tellInEvents(session: AbortSignal, closing: AbortSignal): AsyncGenerator<string> {
  for await (const now of everySecond(session, closing)) yield event('time', { now })
  // The session ended, wherever that was, or its access token has expired.
  if (isAuthError(session.reason)) yield event('end', { code: session.reason.code, reason: session.reason.reason })
}

/** Until one of the signals aborts. */
async function* everySecond(...signals: readonly AbortSignal[]): AsyncGenerator<Date> {
  yield new Date()
  try {
    for await (const _ of setInterval(1000, undefined, { signal: AbortSignal.any([...signals]) })) yield new Date()
  } catch {}
}

/** Server-sent events (HTML, 9.2.5). */
const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
