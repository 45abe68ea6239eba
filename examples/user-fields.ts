/** What a user of this app has beside the built-in fields. */
import { type Static, Type } from '@sinclair/typebox'

export const UserFields = Type.Object({
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: 64, examples: ['Ada Lovelace'] })),
  plan: Type.Union([Type.Literal('free'), Type.Literal('pro')], { default: 'free' })
})

// Once, and `request.user` and every answer are typed with these fields.
declare module 'fastify-gatehouse' {
  interface AuthUserFields extends Static<typeof UserFields> {}
}
