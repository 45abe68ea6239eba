import type { Context } from '../context.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verbFor } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import { closedBody, NoContent, Password } from '../http/schemas.ts'
import { reauthenticate } from '../session/reauthenticate.ts'

// 1 Wire shapes

export interface DeletionInput {
  readonly password: string
}

const DeletionBody = closedBody<DeletionInput>({ password: Password }, ['password'])

// 2 The rule

/** Everything of the user goes with them; a notice goes to the address that was theirs. */
export async function deleteAccount(
  context: Context,
  userId: string,
  { password }: DeletionInput,
  caller: Caller
): Promise<void> {
  await reauthenticate(context, userId, password, caller)
  context.ended.add(await context.store.users.delete(userId, context.telling('account-deleted')), 'deleted')
  context.events.emit('user-deleted', { ...caller, userId, sessionId: null })
  context.outbox.wake()
}

// 3 Routes

export const accountDeletionFeature = defineFeature({
  name: 'account-deletion',
  api: (context) => ({ deleteMe: verbFor(context, DeletionBody, deleteAccount) }),
  routes({ route, transports }, context) {
    route('deleteMe', {
      method: 'DELETE',
      paths: ['/me'],
      guarded: true,
      failures: [403],
      schema: {
        summary: 'Delete the own account',
        description: 'Asks for the password. Every session ends at once, and nothing of the account remains.',
        body: DeletionBody,
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        await deleteAccount(context, identityOf(request).user.id, request.body, callerOf(request))
        transports.clear(request, reply)
        reply.code(204)
      }
    })
  }
})
