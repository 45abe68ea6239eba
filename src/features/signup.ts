import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
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
  inputFields,
  Password,
  requiredInputFields,
  sessionAnswerSchema,
  Username
} from '../http/schemas.ts'
import type { Config } from '../options.ts'
import type { Grant, SessionAnswer } from '../session/answer.ts'
import { hashNewPassword } from '../session/new-password.ts'
import { openSession } from '../session/open.ts'
import type { NewLetter } from '../store/index.ts'
import type { AuthUserFields } from '../token/identity.ts'

// 1 Wire shapes

export type SignupInput = {
  readonly email?: string
  readonly username?: string
  readonly password: string
  /** False makes a browser's cookies end with its window; tokens in a body are the client's to keep. */
  readonly remember?: boolean
} & Readonly<Partial<AuthUserFields>>

function signupBody(config: Config): TUnsafe<SignupInput> {
  const { email, username } = config.identifiers
  const properties: Record<string, TSchema> = {
    ...inputFields(config),
    ...(email !== 'none' && { email: Email }),
    ...(username !== 'none' && { username: Username }),
    password: Password,
    remember: Type.Boolean({ default: true })
  }
  const required = [
    ...(email === 'required' ? ['email'] : []),
    ...(username === 'required' ? ['username'] : []),
    'password',
    ...requiredInputFields(config)
  ]
  return closedBody<SignupInput>(properties, required)
}

/** Without a session where an address must be proven first. */
export type SignupAnswer = SessionAnswer | CheckEmail

// 2 The rule

/** With `verification: 'required'` everybody gets the same answer, and the user begins to exist at the click (D5). */
export async function signup(context: Context, input: SignupInput, caller: Caller): Promise<Grant | CheckEmail> {
  const { email = null, username = null, password, remember = true, ...fields } = input
  // No connection is held while the hash is computed; the unique indexes decide who was first.
  const passwordHash = await hashNewPassword(context, password, { email, username })
  const user = {
    id: newId(),
    email,
    username,
    passwordHash,
    fields: { ...serverOnlyDefaults(context.config), ...fields }
  }
  const { verification } = context.config.email
  if (verification === 'required' && email !== null) {
    await context.store.oneTimeTokens.propose({ ...user, email }, { id: newId() }, context.at())
    context.outbox.wake()
    return checkEmail
  }

  const letter = verification === 'optional' && email !== null ? verificationLetter(user.id, email) : undefined
  const created = await context.store.users.create(user, { ...context.at(), letter })
  switch (created.outcome) {
    case 'email-taken':
      throw authError('AUTH_EMAIL_TAKEN')
    case 'username-taken':
      throw authError('AUTH_USERNAME_TAKEN')
    case 'done':
      context.outbox.wake()
      context.events.emit('signup', { ...caller, userId: created.user.id, sessionId: null })
      return openSession(context, { user: created.user, remember }, caller)
  }
}

function verificationLetter(userId: string, address: string): NewLetter {
  return { id: newId(), name: 'verify-email', address, userId, sessionId: null }
}

/** The body's schema fills in the other defaults; these fields are not in it. */
function serverOnlyDefaults({ user }: Config): Record<string, unknown> {
  return Object.fromEntries(
    user.serverOnly.flatMap((name) => {
      const value = user.fields.properties[name]?.default
      return value === undefined ? [] : [[name, value]]
    })
  )
}

// 3 Routes

export const signupFeature = defineFeature({
  name: 'signup',
  api: (context) => ({
    signup: verb(context, signupBody(context.config), async (scoped, input, caller): Promise<SignupAnswer> => {
      const result = await signup(scoped, input, caller)
      return 'status' in result ? result : result.answer
    })
  }),
  routes({ route, transports }, context) {
    route('signup', {
      method: 'POST',
      paths: ['/signup'],
      failures: [403, 409, 422],
      schema: {
        summary: 'Sign up',
        description: 'Creates a user and opens a session. A taken address or username is a 409, a weak password a 422.',
        body: signupBody(context.config),
        response: { 201: sessionAnswerSchema(context.config), 202: CheckEmail }
      },
      handler: async (request, reply) => {
        const transport = transports.chosen(request)
        const result = await signup(context, request.body, callerOf(request))
        if ('status' in result) return reply.code(202).send(result)
        return reply.code(201).send(transports.hand(reply, result, transport))
      }
    })
  }
})
