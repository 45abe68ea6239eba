/** What happened, for the host's own code: `app.auth.events`. It has no routes. */
import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import type { AuthEventName, EventFeed, PastEvent } from '../events.ts'
import { type Call, defineFeature, verb } from '../feature.ts'
import { closedBody } from '../http/schemas.ts'

// 1 Wire shapes

const USUAL_LIMIT = 100

export interface EventQuery {
  readonly userId: string
  /** How many at most, 1 to 1000; 100 when it does not say. */
  readonly limit?: number
}

const EventQuery = closedBody<EventQuery>(
  { userId: Type.String(), limit: Type.Integer({ minimum: 1, maximum: 1000, default: USUAL_LIMIT }) },
  ['userId']
)

// 2 The rule

async function listEvents(
  { journal, store }: Context,
  { userId, limit = USUAL_LIMIT }: EventQuery
): Promise<readonly PastEvent[]> {
  await journal.flush()
  const events = await store.events.list(userId, limit)
  // Nobody writes a name but ours.
  return events.map(({ id: _, name, ...event }) => ({ name: name as AuthEventName, ...event }))
}

export interface EventHistory extends EventFeed {
  /**
   * What happened to a user, the newest first, when they are deleted too (then without `ip` and `userAgent`). Of a session's
   * replays the first is kept; a failed sign-in for an unknown account is told, but not kept. Inside a transaction those of
   * the last half second outside of it may be missing.
   */
  list(query: EventQuery, call?: Call): Promise<readonly PastEvent[]>
}

export const eventsFeature = defineFeature({
  name: 'events',
  api: (context): { readonly events: EventHistory } => ({
    events: { on: context.events.on, list: verb(context, EventQuery, listEvents) }
  })
})
