import type { Context } from '../context.ts'
import { newId } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb, verbFor } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { identityOf } from '../http/guard.ts'
import {
  CheckEmail,
  checkEmail,
  closedBody,
  Email,
  OneTimeToken,
  Password,
  type UserReply,
  userReplySchema
} from '../http/schemas.ts'
import { reauthenticate } from '../session/reauthenticate.ts'
import { toUser } from '../session/user.ts'

// 1 Wire shapes

export interface EmailChange {
  readonly newEmail: string
  readonly password: string
}

const ChangeBody = closedBody<EmailChange>({ newEmail: Email, password: Password }, ['newEmail', 'password'])

export interface ConfirmInput {
  readonly token: string
}

const ConfirmBody = closedBody<ConfirmInput>({ token: OneTimeToken }, ['token'])

// 2 The rules

export interface Asking {
  readonly userId: string
  /** It outlives the change. */
  readonly sessionId: string | null
}

/** The same answer for an address that somebody has: they get the letter that says so. */
export async function changeEmail(
  context: Context,
  { userId, sessionId }: Asking,
  change: EmailChange,
  caller: Caller
): Promise<CheckEmail> {
  const { sessionEpoch: epoch } = await reauthenticate(context, userId, change.password, caller)
  const letter = { id: newId(), name: 'change-email', address: change.newEmail, userId, sessionId, epoch } as const
  await context.store.letters.post(letter, context.at())
  context.outbox.wake()
  return checkEmail
}

/** EM10: the token's own row holds the address, so that of two changes at a time none can confirm the other's. */
export async function confirmEmailChange(
  context: Context,
  { token }: ConfirmInput,
  caller: Caller
): Promise<UserReply> {
  const id = context.oneTimeTokens.read('email-change', token)
  if (id === null) throw authError('AUTH_ONE_TIME_TOKEN_INVALID')
  const changed = await context.store.oneTimeTokens.confirmEmailChange(id, context.telling('email-changed'))
  if (changed.outcome === 'invalid') throw authError('AUTH_ONE_TIME_TOKEN_INVALID')

  context.ended.add(changed.ended, 'email-changed')
  context.events.emit('email-changed', { ...caller, userId: changed.user.id, sessionId: null })
  context.outbox.wake()
  return { user: toUser(context.shape, changed.user) }
}

// 3 Routes

export const emailChangeFeature = defineFeature({
  name: 'email-change',
  needs: ({ sendsMail }) => sendsMail,
  api: (context) => ({
    changeEmail: verbFor(context, ChangeBody, (scoped, userId, change, caller) =>
      changeEmail(scoped, { userId, sessionId: null }, change, caller)
    ),
    confirmEmailChange: verb(context, ConfirmBody, confirmEmailChange)
  }),
  routes({ route }, context) {
    route('changeEmail', {
      method: 'POST',
      paths: ['/change-email'],
      guarded: true,
      failures: [403],
      schema: {
        summary: 'Ask to change the e-mail address',
        description:
          'Asks for the password; the link goes to the new address. The same answer for an address that is taken.',
        body: ChangeBody,
        response: { 202: CheckEmail }
      },
      handler: async (request, reply) => {
        const { id, sessionId } = identityOf(request).user
        reply.code(202)
        return changeEmail(context, { userId: id, sessionId }, request.body, callerOf(request))
      }
    })

    route('confirmEmailChange', {
      method: 'POST',
      paths: ['/confirm-email-change'],
      schema: {
        summary: 'Confirm a new e-mail address',
        description: 'With the token of the letter, once. Every session but the one that asked ends.',
        body: ConfirmBody,
        response: { 200: userReplySchema(context.config) }
      },
      handler: async (request) => confirmEmailChange(context, request.body, callerOf(request))
    })
  }
})
