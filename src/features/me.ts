import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import { defineFeature } from '../feature.ts'
import { identityOf } from '../http/guard.ts'
import { closedBody, inputFields, requiredInputFields, Username, userSchema, withoutDefault } from '../http/schemas.ts'
import type { Config } from '../options.ts'
import { toUser, type User } from '../session/user.ts'
import type { AuthUserFields } from '../token/identity.ts'

// 1 Wire shapes

/** Absent keeps, null removes an optional one. */
export type ProfileChange = { readonly username?: string | null } & {
  readonly [Name in keyof AuthUserFields]?: AuthUserFields[Name] | null
}

function profileBody(config: Config): TUnsafe<ProfileChange> {
  const required = requiredInputFields(config)
  const { username } = config.identifiers
  const properties: Record<string, TSchema> = Object.fromEntries(
    Object.entries(inputFields(config)).map(([name, schema]) => {
      const kept = withoutDefault(schema)
      return [name, required.includes(name) ? kept : orNull(kept)]
    })
  )
  if (username !== 'none') properties.username = username === 'required' ? Username : orNull(Username)
  return closedBody<ProfileChange>(properties, [])
}

const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])

// 2 The rule

export async function readProfile(context: Context, userId: string): Promise<User> {
  const found = await context.store.users.find(userId)
  // The token is good and its user is gone: the session went with them.
  if (found.outcome === 'unknown') throw authError('AUTH_SESSION_ENDED', { reason: 'deleted' })
  return toUser(context.shape, found.user)
}

export async function changeProfile(context: Context, userId: string, change: ProfileChange): Promise<User> {
  const { username, ...fields } = change
  const changed = await context.store.users.update(
    userId,
    { ...(username !== undefined && { username }), fields },
    context.at()
  )
  switch (changed.outcome) {
    case 'unknown':
      throw authError('AUTH_SESSION_ENDED', { reason: 'deleted' })
    case 'username-taken':
      throw authError('AUTH_USERNAME_TAKEN')
    case 'done':
      return toUser(context.shape, changed.user)
  }
}

// 3 Routes

export const meFeature = defineFeature({
  name: 'me',
  routes({ route }, context) {
    route('me', {
      method: 'GET',
      paths: ['/me'],
      guarded: true,
      schema: {
        summary: 'Read the own account',
        description: 'The user as stored now, not as the access token remembers.',
        response: { 200: userSchema(context.config) }
      },
      handler: async (request) => readProfile(context, identityOf(request).user.id)
    })

    route('me', {
      method: 'PATCH',
      paths: ['/me'],
      guarded: true,
      failures: [403, 409],
      schema: {
        operationId: 'changeMe',
        summary: 'Change the own profile',
        description: 'Absent keeps, null removes an optional field, an empty object changes nothing.',
        body: profileBody(context.config),
        response: { 200: userSchema(context.config) }
      },
      handler: async (request) => changeProfile(context, identityOf(request).user.id, request.body)
    })
  }
})
