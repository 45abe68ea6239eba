import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { type Call, defineFeature, runWithin } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import { NoContent } from '../http/schemas.ts'
import { deviceName } from '../session/device.ts'
import { endOtherSessions, endSession } from '../session/end.ts'
import type { EndedSession } from '../store/index.ts'

// 1 Wire shapes

export interface SessionView {
  readonly id: string
  /** Whether it is the one that asks. */
  readonly current: boolean
  readonly createdAt: string
  /** The last refresh. */
  readonly lastUsedAt: string
  /** When it ends unless it is refreshed. */
  readonly expiresAt: string
  readonly ip: string | null
  readonly userAgent: string | null
  /** For people: `Firefox on Windows`. */
  readonly device: string | null
}

export interface SessionList {
  readonly sessions: readonly SessionView[]
}

const Instant = Type.String({ format: 'date-time' })
const TextOrNull = Type.Union([Type.String(), Type.Null()])

const ListReply = Type.Unsafe<SessionList>(
  Type.Object({
    sessions: Type.Array(
      Type.Object({
        id: Type.String(),
        current: Type.Boolean(),
        createdAt: Instant,
        lastUsedAt: Instant,
        expiresAt: Instant,
        ip: TextOrNull,
        userAgent: TextOrNull,
        device: TextOrNull
      })
    )
  })
)

// Any text: what is no id is as unknown as a stranger's session (SE10).
const SessionParams = Type.Object({ id: Type.String() })

// 2 The rules

export async function listSessions(context: Context, userId: string, currentId: string | null): Promise<SessionList> {
  const records = await context.store.sessions.list(userId, context.at())
  return {
    sessions: records.map(({ createdAt, lastUsedAt, expiresAt, ...record }) => ({
      ...record,
      current: record.id === currentId,
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      device: deviceName(record.userAgent)
    }))
  }
}

async function endOne(context: Context, userId: string, id: string, caller: Caller): Promise<EndedSession> {
  const ended = await endSession(context, { id, userId }, 'logout', caller)
  if (ended === null) throw authError('AUTH_SESSION_NOT_FOUND')
  return ended
}

// 3 Routes

export const sessionsFeature = defineFeature({
  name: 'sessions',
  api: (context) => ({
    sessions: {
      /** The live ones; `currentId` marks the caller's own. */
      list: (userId: string, currentId: string | null = null, call: Call = {}): Promise<SessionList> =>
        runWithin(context, call, (scoped) => listSessions(scoped, userId, currentId)),
      /** `AUTH_SESSION_NOT_FOUND` when the user has no such live session. */
      end: (userId: string, id: string, call: Call = {}): Promise<void> =>
        runWithin(context, call, async (scoped, caller) => {
          await endOne(scoped, userId, id, caller)
        })
    }
  }),
  routes({ route, transports }, context) {
    route('sessions', {
      method: 'GET',
      paths: ['/sessions'],
      guarded: true,
      schema: {
        summary: 'List the own sessions',
        description: 'Those that live, the last used first.',
        response: { 200: ListReply }
      },
      handler: async (request) => {
        const { id, sessionId } = identityOf(request).user
        return listSessions(context, id, sessionId)
      }
    })

    route('endSession', {
      method: 'DELETE',
      paths: ['/sessions/:id'],
      guarded: true,
      failures: [403, 404],
      schema: {
        summary: 'End a session',
        description: 'The same 404 for an unknown one and for another user\u2019s.',
        params: SessionParams,
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        const { user } = identityOf(request)
        const { id } = await endOne(context, user.id, request.params.id, callerOf(request))
        if (id === user.sessionId) transports.clear(request, reply)
        reply.code(204)
      }
    })

    route('endOtherSessions', {
      method: 'DELETE',
      paths: ['/sessions'],
      guarded: true,
      failures: [403],
      schema: {
        summary: 'End the other sessions',
        description: 'This one stays.',
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        const { id, sessionId } = identityOf(request).user
        await endOtherSessions(context, id, sessionId, callerOf(request))
        reply.code(204)
      }
    })
  }
})
