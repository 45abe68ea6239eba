/** The wire shapes that several rooms share. */
import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import type { Config } from '../options.ts'
import type { SessionAnswer } from '../session/answer.ts'
import type { User } from '../session/user.ts'

/** ASCII on purpose (D9): one address has one spelling, on every database and in every mail system. RFC 5321 4.5.3.1 for the lengths. */
export const Email = Type.String({
  title: 'an e-mail address (ASCII, without surrounding space)',
  maxLength: 254,
  pattern:
    "^(?=[^@]{1,64}@)[\\w!#$%&'*+/=?^`{|}~-]+(\\.[\\w!#$%&'*+/=?^`{|}~-]+)*" +
    '@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$',
  examples: ['ada@example.com']
})

export const Username = Type.String({
  title: 'a username (3 to 32 of A-Z a-z 0-9 . _ -, first a letter or digit)',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{2,31}$',
  examples: ['ada']
})

/** Bounded only by what any policy could allow, four code units for each code point that normalisation may compose. */
export const Password = Type.String({ maxLength: 4096 })

export const RefreshTokenText = Type.String({ maxLength: 4096 })
export const RefreshHeaders = Type.Object({ 'x-refresh-token': Type.Optional(RefreshTokenText) })

/** Of any text: what is no token of ours is one answer, whatever is wrong with it. */
export const OneTimeToken = Type.String({ maxLength: 512 })

/** The same for every address (AU7). */
export const CheckEmail = Type.Object({ status: Type.Literal('check_email') })
export type CheckEmail = Static<typeof CheckEmail>
export const checkEmail: CheckEmail = Object.freeze({ status: 'check_email' })

export const NoContent = Type.Null({ description: 'No content' })

const Instant = Type.String({ format: 'date-time' })

/** Nothing is required and more is allowed: a host's error handler answers with a body of its own. */
export const ErrorBody = Type.Object(
  {
    statusCode: Type.Optional(Type.Integer()),
    code: Type.Optional(Type.String()),
    error: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String())
  },
  { additionalProperties: true }
)

/** What a client may send of the host's fields. */
export function inputFields({ user }: Config): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(user.fields.properties)
      .filter(([name]) => !user.serverOnly.includes(name))
      .map(([name, schema]) => [name, Type.Unsafe(schema)])
  )
}

export const requiredInputFields = ({ user }: Config): string[] =>
  user.fields.required.filter((name) => !user.serverOnly.includes(name))

/** A default is for sign-up: it neither fills in a change nor an answer. */
export function withoutDefault({ default: _, ...schema }: { readonly [keyword: string]: unknown }): TSchema {
  return Type.Unsafe(schema)
}

/** The properties of a user, each optional: a record may be older than the host's latest field. */
function userProperties({ identifiers, user }: Config): Record<string, TSchema> {
  return {
    id: Type.String({ format: 'uuid' }),
    ...(identifiers.email !== 'none' && { email: Type.String(), emailVerified: Type.Boolean() }),
    ...(identifiers.username !== 'none' && { username: Type.String() }),
    createdAt: Instant,
    updatedAt: Instant,
    ...Object.fromEntries(
      Object.entries(user.fields.properties).map(([name, schema]) => [name, withoutDefault(schema)])
    )
  }
}

export function userSchema(config: Config): TUnsafe<User> {
  return Type.Unsafe<User>({
    type: 'object',
    required: ['id', 'createdAt', 'updatedAt'],
    properties: userProperties(config)
  })
}

export interface UserReply {
  readonly user: User
}

export function userReplySchema(config: Config): TUnsafe<UserReply> {
  return Type.Unsafe<UserReply>(Type.Object({ user: userSchema(config) }))
}

export function publicUserSchema(config: Config): TUnsafe<Partial<User>> {
  const properties = userProperties(config)
  return Type.Unsafe<Partial<User>>({
    type: 'object',
    properties: Object.fromEntries(config.user.public.map((name) => [name, properties[name]]))
  })
}

/** A session's answer as a client reads it: nothing of it is in `Set-Cookie` too (CK4). */
export type TransportedAnswer = Pick<SessionAnswer, 'user' | 'expiresIn'> &
  Partial<Pick<SessionAnswer, 'accessToken' | 'refreshToken' | 'tokenType'>>

/** What of it is in the body, and what in cookies, is for the transport to say. */
export function sessionAnswerSchema(config: Config): TUnsafe<TransportedAnswer> {
  const { transports } = config
  const inBody = (schema: TSchema, always: boolean) => (always ? schema : Type.Optional(schema))
  return Type.Unsafe<TransportedAnswer>(
    Type.Object({
      user: userSchema(config),
      accessToken: inBody(Type.String(), !transports.includes('cookie')),
      refreshToken: inBody(
        Type.String(),
        transports.every((transport) => transport === 'bearer')
      ),
      tokenType: inBody(Type.Literal('Bearer'), !transports.includes('cookie')),
      expiresIn: Type.Integer({ description: 'Seconds until the access token expires' })
    })
  )
}

/** A body, closed: an unknown key is refused by name (IN1). */
export function closedBody<T>(properties: Record<string, TSchema>, required: readonly string[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'object', additionalProperties: false, required, properties })
}
