import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verbFor } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import { closedBody, Password, sessionAnswerSchema } from '../http/schemas.ts'
import type { Grant, SessionAnswer } from '../session/answer.ts'
import { hashNewPassword } from '../session/new-password.ts'
import { openSession } from '../session/open.ts'
import { reauthenticate } from '../session/reauthenticate.ts'

// 1 Wire shapes

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

const ChangeBody = closedBody<PasswordChange>({ currentPassword: Password, newPassword: Password }, [
  'currentPassword',
  'newPassword'
])

// 2 The rule

/**
 * PW12: asks for the current password; every session ends, this one too, and a new one opens in its place. When the
 * sessions ended meanwhile for another reason, what was proven is not true any more, and nothing changes.
 */
export async function changePassword(
  context: Context,
  { id: userId, sessionId }: { readonly id: string; readonly sessionId?: string },
  { currentPassword, newPassword }: PasswordChange,
  caller: Caller
): Promise<Grant> {
  const user = await reauthenticate(context, userId, currentPassword, caller)
  const hash = await hashNewPassword(context, newPassword, user)
  const change = { id: userId, epoch: user.sessionEpoch, hash, sessionId }
  const changed = await context.store.users.changePassword(change, context.telling('password-changed'))
  if (changed.outcome === 'refused') throw authError('AUTH_UNAVAILABLE', { retryAfter: 1 })

  context.ended.add(changed.ended, 'password-changed')
  context.events.emit('password-changed', { ...caller, userId, sessionId: null })
  context.outbox.wake()
  return openSession(context, changed, caller)
}

// 3 Routes

export const passwordChangeFeature = defineFeature({
  name: 'password-change',
  api: (context) => ({
    changePassword: verbFor(context, ChangeBody, async (scoped, id, change, caller): Promise<SessionAnswer> => {
      return (await changePassword(scoped, { id }, change, caller)).answer
    })
  }),
  routes({ route, transports }, context) {
    route('changePassword', {
      method: 'POST',
      paths: ['/change-password'],
      guarded: true,
      failures: [403, 422],
      schema: {
        summary: 'Change the password',
        description: 'Asks for the current one. Every session ends, and the answer opens a new one.',
        body: ChangeBody,
        response: { 200: sessionAnswerSchema(context.config) }
      },
      handler: async (request, reply) => {
        const transport = transports.continued(request, transports.presenting(request))
        const grant = await changePassword(context, identityOf(request).user, request.body, callerOf(request))
        return transports.hand(reply, grant, transport)
      }
    })
  }
})
