import type { Context } from '../context.ts'
import { newId } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { CheckEmail, checkEmail, closedBody, Email, NoContent, OneTimeToken, Password } from '../http/schemas.ts'
import { hashNewPassword } from '../session/new-password.ts'

// 1 Wire shapes

export interface ForgotInput {
  readonly email: string
}

const ForgotBody = closedBody<ForgotInput>({ email: Email }, ['email'])

export interface ResetInput {
  readonly token: string
  readonly newPassword: string
}

const ResetBody = closedBody<ResetInput>({ token: OneTimeToken, newPassword: Password }, ['token', 'newPassword'])

// 2 The rules

/** EM9, AU7: nothing is looked up and nothing of the account changes; whether there is one is asked when the letter is sent. */
export async function forgotPassword(context: Context, { email }: ForgotInput): Promise<CheckEmail> {
  const letter = { id: newId(), name: 'reset-password', address: email, userId: null, sessionId: null } as const
  await context.store.letters.post(letter, context.at())
  context.outbox.wake()
  return checkEmail
}

/** EM7: a reset signs nobody in. The token is checked before the hash is computed, and lives on when the password is refused. */
export async function resetPassword(
  context: Context,
  { token, newPassword }: ResetInput,
  caller: Caller
): Promise<void> {
  const id = context.oneTimeTokens.read('password-reset', token)
  if (id === null) throw authError('AUTH_ONE_TIME_TOKEN_INVALID')
  const pending = await context.store.oneTimeTokens.readReset(id, context.at())
  if (pending.outcome === 'invalid') throw authError('AUTH_ONE_TIME_TOKEN_INVALID')

  const hash = await hashNewPassword(context, newPassword, pending.user)
  const reset = await context.store.oneTimeTokens.resetPassword(id, hash, context.telling('password-changed'))
  if (reset.outcome === 'invalid') throw authError('AUTH_ONE_TIME_TOKEN_INVALID')

  context.ended.add(reset.ended, 'password-changed')
  context.events.emit('password-changed', { ...caller, userId: reset.user.id, sessionId: null })
  context.outbox.wake()
}

// 3 Routes

export const passwordResetFeature = defineFeature({
  name: 'password-reset',
  needs: ({ sendsMail }) => sendsMail,
  api: (context) => ({
    forgotPassword: verb(context, ForgotBody, forgotPassword),
    resetPassword: verb(context, ResetBody, resetPassword)
  }),
  routes({ route }, context) {
    route('forgotPassword', {
      method: 'POST',
      paths: ['/forgot-password', '/request-password-reset'],
      schema: {
        summary: 'Ask for a new password',
        description: 'The same answer for every address; whoever has an account there gets a letter with a link.',
        body: ForgotBody,
        response: { 202: CheckEmail }
      },
      handler: async (request, reply) => {
        reply.code(202)
        return forgotPassword(context, request.body)
      }
    })

    route('resetPassword', {
      method: 'POST',
      paths: ['/reset-password'],
      failures: [422],
      schema: {
        summary: 'Choose a new password',
        description: 'With the token of the letter, once. Every session of the user ends; none opens.',
        body: ResetBody,
        response: { 204: NoContent }
      },
      handler: async (request, reply) => {
        await resetPassword(context, request.body, callerOf(request))
        reply.code(204)
      }
    })
  }
})
