/** How a user is shown: to themselves, in tokens and to strangers. An allowlist each time (IN3). */
import type { UserRecord } from '../store/index.ts'
import type { AuthClaims, AuthUserFields } from '../token/identity.ts'

/** A user as every answer shows it: the host's fields stand flat beside the built-in ones. */
export type User = {
  /** UUIDv7. */
  readonly id: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly username?: string
  /** ISO 8601, UTC, milliseconds. */
  readonly createdAt: string
  readonly updatedAt: string
} & Readonly<Partial<AuthUserFields>>

/** What the options say about users. */
export interface UserShape {
  readonly hasEmail: boolean
  readonly hasUsername: boolean
  readonly fieldNames: readonly string[]
  /** What no user is without: names of fields, or `username`. */
  readonly required: readonly string[]
  /** Names of user properties, or the host's own function of the user. */
  readonly claims: readonly string[] | ((user: User) => object)
}

export function toUser(shape: UserShape, record: UserRecord): User {
  const user: Record<string, unknown> = { id: record.id }
  if (shape.hasEmail && record.email !== null) {
    user.email = record.email
    user.emailVerified = record.emailVerifiedAt !== null
  }
  if (shape.hasUsername && record.username !== null) user.username = record.username
  user.createdAt = record.createdAt.toISOString()
  user.updatedAt = record.updatedAt.toISOString()
  for (const name of shape.fieldNames) {
    if (record.fields[name] !== undefined) user[name] = record.fields[name]
  }
  return user as User
}

/** What the access token says of the user. */
export function toClaims(shape: UserShape, user: User): AuthClaims {
  if (typeof shape.claims === 'function') return shape.claims(user) as AuthClaims
  return pick(user, shape.claims)
}

export function pick(user: User, names: readonly string[]): Partial<User> {
  const properties: Readonly<Record<string, unknown>> = user
  const picked: Record<string, unknown> = {}
  for (const name of names) {
    if (properties[name] !== undefined) picked[name] = properties[name]
  }
  return picked
}
