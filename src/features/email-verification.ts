import type { Context } from '../context.ts'
import { newId } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import {
  CheckEmail,
  checkEmail,
  closedBody,
  Email,
  OneTimeToken,
  Username,
  type UserReply,
  userReplySchema
} from '../http/schemas.ts'
import type { Config } from '../options.ts'
import { toUser } from '../session/user.ts'

// 1 Wire shapes

export interface VerifyEmailInput {
  readonly token: string
  /** Another name for a pending sign-up whose own was taken meanwhile. */
  readonly username?: string
}

function verifyBody({ identifiers }: Config) {
  const properties = { token: OneTimeToken, ...(identifiers.username !== 'none' && { username: Username }) }
  return closedBody<VerifyEmailInput>(properties, ['token'])
}

export interface ResendInput {
  readonly email: string
}

const ResendBody = closedBody<ResendInput>({ email: Email }, ['email'])

// 2 The rules

export async function verifyEmail(
  context: Context,
  { token, username }: VerifyEmailInput,
  caller: Caller
): Promise<UserReply> {
  const id = context.oneTimeTokens.read('email-verification', token)
  if (id === null) throw authError('AUTH_ONE_TIME_TOKEN_INVALID')
  const choice = {
    username,
    resetLetter: { id: newId() },
    required: context.shape.required,
    // Those of a time when proof was optional.
    endsSessions: context.config.email.verification === 'required'
  }
  const verified = await context.store.oneTimeTokens.verifyEmail(id, choice, context.at())
  switch (verified.outcome) {
    case 'invalid':
      throw authError('AUTH_ONE_TIME_TOKEN_INVALID')
    case 'username-taken':
      throw authError('AUTH_USERNAME_TAKEN')
    case 'verified':
      // Where it was not clear whose sign-up it was, the letter to choose a password goes out.
      context.outbox.wake()
      context.ended.add(verified.ended, 'email-changed')
      if (verified.created) context.events.emit('signup', { ...caller, userId: verified.user.id, sessionId: null })
      if (verified.handedOver) {
        context.events.emit('password-changed', { ...caller, userId: verified.user.id, sessionId: null })
      }
      context.events.emit('email-verified', { ...caller, userId: verified.user.id, sessionId: null })
      return { user: toUser(context.shape, verified.user) }
  }
}

/** The same work for every address: who has it, and what there is to prove, is asked when the letter is sent. */
export async function resendVerification(context: Context, { email }: ResendInput): Promise<CheckEmail> {
  const letter = { id: newId(), name: 'verify-email', address: email, userId: null, sessionId: null } as const
  await context.store.letters.post(letter, context.at())
  context.outbox.wake()
  return checkEmail
}

// 3 Routes

export const emailVerificationFeature = defineFeature({
  name: 'email-verification',
  needs: ({ sendsMail, email }) => sendsMail && email.verification !== 'off',
  gate:
    ({ email }) =>
    (user) =>
      email.verification === 'required' && user.email !== null && user.emailVerifiedAt === null
        ? 'AUTH_EMAIL_UNVERIFIED'
        : undefined,
  api: (context) => ({
    verifyEmail: verb(context, verifyBody(context.config), verifyEmail),
    resendVerification: verb(context, ResendBody, resendVerification)
  }),
  routes({ route }, context) {
    route('verifyEmail', {
      method: 'POST',
      paths: ['/verify-email'],
      failures: [409],
      schema: {
        summary: 'Prove an e-mail address',
        description: 'With the token of the letter, once. Opens no session.',
        body: verifyBody(context.config),
        response: { 200: userReplySchema(context.config) }
      },
      handler: async (request) => verifyEmail(context, request.body, callerOf(request))
    })

    route('resendVerification', {
      method: 'POST',
      paths: ['/resend-verification'],
      schema: {
        summary: 'Ask for the letter again',
        description: 'The same answer for every address.',
        body: ResendBody,
        response: { 202: CheckEmail }
      },
      handler: async (request, reply) => {
        reply.code(202)
        return resendVerification(context, request.body)
      }
    })
  }
})
