/** The host's own user fields: a JSON Schema, copied, so that what is checked at boot is what is used. */
import { exactly, group, instance, type Kind, listOf, mapped, optional, type Read, required, text } from './kinds.ts'
import { join, refuse } from './refusal.ts'

/** What every user has: fields stand flat beside them in each answer. */
export const USER_PROPERTIES = ['id', 'email', 'emailVerified', 'username', 'createdAt', 'updatedAt'] as const

/** What our bodies and answers say beside the fields, and what JavaScript gives a meaning of its own. */
const RESERVED: ReadonlySet<string> = new Set([
  ...USER_PROPERTIES,
  ...['password', 'newPassword', 'currentPassword', 'newEmail', 'remember', 'challenge', 'code'],
  ...['token', 'refreshToken', 'accessToken', 'tokenType', 'expiresIn'],
  ...['roles', 'scopes', 'sessionId', 'user'],
  ...['__proto__', 'constructor', 'prototype']
])

export type FieldSchema = Readonly<Record<string, unknown>>

const schema = instance<FieldSchema>('a JSON Schema object', (value) => !Array.isArray(value))

const properties: Kind<Readonly<Record<string, FieldSchema>>> = {
  ...schema,
  read(value, path) {
    const fields = Object.entries(schema.read(value, path)).map(([name, field]) => {
      const at = join(path, name)
      if (RESERVED.has(name)) refuse(at, 'a name of your own', 'one that is built in')
      return [name, frozenCopy(schema.read(field, at))]
    })
    return Object.freeze(Object.fromEntries(fields))
  }
}

/** Other keywords are refused as unknown: one that was dropped without a word would be a check that never runs. */
const objectSchema = group({
  type: required(
    exactly('object'),
    "`user.fields` must be a JSON Schema of type 'object', received one without a type"
  ),
  properties: required(properties, '`user.fields.properties` is required: the JSON Schema of each field by its name'),
  required: optional(listOf(text()), []),
  // An unknown key in a body is always a 400.
  additionalProperties: optional(exactly(false)),
  $schema: optional(text()),
  $id: optional(text()),
  title: optional(text()),
  description: optional(text())
})

const fields: Kind<Read<typeof objectSchema>> = {
  ...objectSchema,
  read(value, path) {
    const read = objectSchema.read(value, path)
    listOf(fieldName(read.properties)).read(read.required, `${path}.required`)
    return read
  }
}

export const userFields = mapped(fields, ({ properties, required }) => ({ properties, required }))

export function fieldName(properties: object): Kind<string> {
  return text('a name in `user.fields.properties`', (name) => Object.hasOwn(properties, name))
}

/** JSON only: what hangs on a schema's symbols (TypeBox keeps its own there) means nothing to a validator. */
function frozenCopy<T>(value: T): T
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  if (typeof value !== 'object' || value === null) return value
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, frozenCopy(member)])))
}
