import { Type } from '@sinclair/typebox'
import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import { type Call, defineFeature, runWithin } from '../feature.ts'
import { publicUserSchema, Username } from '../http/schemas.ts'
import { pick, toUser, type User } from '../session/user.ts'

// 1 Wire shapes

// Any text: a name that nobody can have is as unknown as one that nobody has.
const ProfileParams = Type.Object({ username: Type.String() })
const USERNAME = new RegExp(Username.pattern as string)

// 2 The rule

/** A disabled user is answered like one that never was. */
export async function readPublicProfile(context: Context, username: string): Promise<Partial<User>> {
  if (!USERNAME.test(username)) throw authError('AUTH_USER_NOT_FOUND')
  const found = await context.store.users.findByUsername(username)
  if (found.outcome === 'unknown' || found.user.disabledAt !== null) throw authError('AUTH_USER_NOT_FOUND')
  return pick(toUser(context.shape, found.user), context.config.user.public)
}

// 3 Routes

export const publicProfileFeature = defineFeature({
  name: 'public-profile',
  needs: ({ identifiers }) => identifiers.username !== 'none',
  api: (context) => ({
    publicProfile: (username: string, call: Call = {}): Promise<Partial<User>> =>
      runWithin(context, call, (scoped) => readPublicProfile(scoped, username))
  }),
  routes({ route }, context) {
    route('publicProfile', {
      method: 'GET',
      paths: ['/users/:username', '/public/:username'],
      failures: [404],
      schema: {
        summary: 'Read a public profile',
        description: 'The fields that the app shows to everyone; never an e-mail address.',
        params: ProfileParams,
        response: { 200: publicUserSchema(context.config) }
      },
      handler: async (request) => readPublicProfile(context, request.params.username)
    })
  }
})
