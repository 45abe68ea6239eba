import { type TUnsafe, Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError, ValidationError } from '../errors.ts'
import type { Caller } from '../events.ts'
import { defineFeature, verb } from '../feature.ts'
import { callerOf } from '../http/caller.ts'
import { closedBody, Email, Password, sessionAnswerSchema, Username } from '../http/schemas.ts'
import type { Config } from '../options.ts'
import type { Grant, SessionAnswer } from '../session/answer.ts'
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
 * same statements and the same single computation. What a gate has to say, only the right password hears.
 */
export async function login(context: Context, input: LoginInput, caller: Caller): Promise<Grant> {
  const identifier = identifierOf(input)
  // Before the look-up, or the time of the answer would depend on whether the account exists (CVE-2025-22234).
  if (!context.policy.fitsLogin(input.password))
    throw new ValidationError('password is longer than any password can be')

  const { found, match } = await context.passwords.verifyFound(() => lookUp(context, identifier), input.password)
  const { credential } = found
  if (match === 'mismatch') {
    context.events.emit('login-failed', { ...caller, userId: credential?.user.id ?? null, sessionId: null })
    throw authError('AUTH_CREDENTIALS_INVALID')
  }
  // The right password of a sign-up that still waits for the proof of its address.
  if (credential === null) {
    context.events.emit('login-refused', { ...caller, userId: null, sessionId: null })
    throw authError('AUTH_EMAIL_UNVERIFIED')
  }

  const { remember = true } = input
  const grant = await openSession(context, { user: credential.user, remember }, caller)
  context.events.emit('login', { ...caller, userId: credential.user.id, sessionId: grant.sessionId })
  if (match === 'match-stale') context.afterwards(() => strengthen(context, credential, input.password))
  return grant
}

interface Found {
  readonly credential: Credential | null
  readonly passwordHash: string | null
}

/** Where sign-ups wait for a proof, the newest one's password is compared when there is no user: always the same statements. */
async function lookUp({ store, config, at }: Context, identifier: Identifier): Promise<Found> {
  const waits = config.email.verification === 'required' && 'email' in identifier
  const [found, proposed] = await Promise.all([
    store.users.credential(identifier),
    waits ? store.oneTimeTokens.proposedPassword(identifier.email, at()) : undefined
  ])
  if (found.outcome === 'found') return { credential: found.credential, passwordHash: found.credential.passwordHash }
  return { credential: null, passwordHash: proposed?.outcome === 'found' ? proposed.passwordHash : null }
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
  gate: () => (user) => (user.disabledAt === null ? undefined : 'AUTH_ACCOUNT_DISABLED'),
  api: (context) => ({
    login: verb(context, loginBody(context.config), async (scoped, input, caller): Promise<SessionAnswer> => {
      return (await login(scoped, input, caller)).answer
    })
  }),
  routes({ route, transports }, context) {
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
      handler: async (request, reply) => {
        const transport = transports.chosen(request)
        return transports.hand(reply, await login(context, request.body, callerOf(request)), transport)
      }
    })
  }
})
