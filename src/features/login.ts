import { type TUnsafe, Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError, ValidationError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { closedBody, Email, Password, sessionAnswerSchema, Username } from '../http/schemas.ts'
import type { Config } from '../options.ts'
import type { SessionAnswer } from '../session/answer.ts'
import { openSession } from '../session/open.ts'
import type { Credential, Identifier } from '../store/index.ts'

// 1 Wire shapes

export interface LoginInput {
  readonly email?: string
  readonly username?: string
  readonly password: string
  readonly remember?: boolean
}

function loginBody({ identifiers }: Config): TUnsafe<LoginInput> {
  const names = [
    ...(identifiers.email === 'none' ? [] : ['email']),
    ...(identifiers.username === 'none' ? [] : ['username'])
  ]
  return closedBody<LoginInput>(
    {
      ...(names.includes('email') && { email: Email }),
      ...(names.includes('username') && { username: Username }),
      password: Password,
      remember: Type.Boolean({ default: true })
    },
    names.length === 1 ? [...names, 'password'] : ['password']
  )
}

// 2 The rule

/**
 * AU6: an unknown account, a wrong password and an account without one are answered alike, from one throw, after the
 * same statement and the same single computation. What a gate has to say, only the right password hears.
 */
export async function login(context: Context, input: LoginInput, caller: Caller): Promise<SessionAnswer> {
  const identifier = identifierOf(input)
  // Before the look-up, or the time of the answer would depend on whether the account exists (CVE-2025-22234).
  if (!context.policy.fitsLogin(input.password))
    throw new ValidationError('password is longer than any password can be')

  const found = await context.store.users.credential(identifier)
  const credential = found.outcome === 'found' ? found.credential : null
  const match = await context.passwords.verify(credential?.passwordHash ?? null, input.password)
  if (credential === null || match === 'mismatch') {
    context.events.emit('login-failed', { ...caller, userId: credential?.user.id ?? null, sessionId: null })
    throw authError('AUTH_CREDENTIALS_INVALID')
  }

  const { sessionId, answer } = await openSession(context, credential.user, caller)
  context.events.emit('login', { ...caller, userId: credential.user.id, sessionId })
  if (match === 'match-stale') context.afterwards(() => strengthen(context, credential, input.password))
  return answer
}

function identifierOf({ email, username }: LoginInput): Identifier {
  if (email !== undefined && username !== undefined)
    throw new ValidationError('only one of email, username may be given')
  if (email !== undefined) return { email }
  if (username !== undefined) return { username }
  throw new ValidationError('one of email, username must be given')
}

/** PW10: the parameters rose since this password was set. Conditional, so that it cannot undo a change made meanwhile. */
async function strengthen(context: Context, { user, passwordHash }: Credential, password: string): Promise<void> {
  if (passwordHash === null) return
  await context.store.users.rehash(user.id, passwordHash, await context.passwords.hash(password))
}

// 3 Routes

export const loginFeature = defineFeature({
  name: 'login',
  gate: (user) => (user.disabledAt === null ? undefined : 'AUTH_ACCOUNT_DISABLED'),
  api: (context) => ({ login: verb(context, loginBody(context.config), login) }),
  routes(route, context) {
    route('login', {
      method: 'POST',
      paths: ['/login'],
      failures: [401, 403],
      schema: {
        summary: 'Sign in',
        description: 'Opens a session for an identifier and its password. Every wrong combination is the same 401.',
        body: loginBody(context.config),
        response: { 200: sessionAnswerSchema(context.config) }
      },
      handler: async (request) => login(context, request.body, callerOf(request))
    })
  }
})
