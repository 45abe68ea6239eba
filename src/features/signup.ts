import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { newId } from '../crypto/random.ts'
import { authError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import {
  closedBody,
  Email,
  inputFields,
  Password,
  requiredInputFields,
  sessionAnswerSchema,
  Username
} from '../http/schemas.ts'
import type { Config } from '../options.ts'
import type { SessionAnswer } from '../session/answer.ts'
import { openSession } from '../session/open.ts'
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

// 2 The rule

export async function signup(context: Context, input: SignupInput, caller: Caller): Promise<SessionAnswer> {
  const { email = null, username = null, password, remember: _, ...fields } = input
  const judgement = await context.policy.judge(password, { email, username, appName: context.config.email.appName })
  if (judgement.outcome === 'rejected') throw authError('AUTH_PASSWORD_REJECTED', { reason: judgement.reason })

  // No connection is held while the hash is computed; the unique indexes decide who was first.
  const passwordHash = await context.passwords.hash(password)
  const created = await context.store.users.create(
    { id: newId(), email, username, passwordHash, fields: { ...serverOnlyDefaults(context.config), ...fields } },
    context.at()
  )
  switch (created.outcome) {
    case 'email-taken':
      throw authError('AUTH_EMAIL_TAKEN')
    case 'username-taken':
      throw authError('AUTH_USERNAME_TAKEN')
    case 'done':
      context.events.emit('signup', { ...caller, userId: created.user.id, sessionId: null })
      return (await openSession(context, created.user, caller)).answer
  }
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
  api: (context) => ({ signup: verb(context, signupBody(context.config), signup) }),
  routes(route, context) {
    route('signup', {
      method: 'POST',
      paths: ['/signup'],
      failures: [409, 422],
      schema: {
        summary: 'Sign up',
        description: 'Creates a user and opens a session. A taken address or username is a 409, a weak password a 422.',
        body: signupBody(context.config),
        response: { 201: sessionAnswerSchema(context.config) }
      },
      handler: async (request, reply) => {
        reply.code(201)
        return signup(context, request.body, callerOf(request))
      }
    })
  }
})
