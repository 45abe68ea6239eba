/** Strict JSON types, closed shapes, well-formed strings: the same for a request and for a call from code. */
import { AjvCompiler, type ErrorObject } from '@fastify/ajv-compiler'
import { ValidationError } from '../errors.ts'

export type Validated<T> = { readonly value: T } | { readonly error: Error }

/** `part` names the input in messages: `body`, `headers`, `params`. */
export type Validate<T> = (value: unknown) => Validated<T>

// IN1, IN5: Fastify's defaults would drop an unknown key and turn 1 into '1'.
const compileSchema = AjvCompiler()(
  {},
  { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, allErrors: false, verbose: true } }
)

export function compileValidator<T>(schema: object, part: string): Validate<T> {
  const check = compileSchema({ schema } as never) as unknown as {
    (value: unknown): boolean
    errors?: ErrorObject[] | null
  }
  // Headers cannot hold such text (RFC 9110 5.5), and a path with it names nothing: 404.
  const readsText = part === 'body' || part === 'input'
  return (value) => {
    // No body, an empty body and `{}` are equal: what is missing is then named by the schema.
    const input = value ?? {}
    const illFormed = readsText ? findIllFormed(input, part) : undefined
    if (illFormed !== undefined)
      return { error: new ValidationError(`${illFormed} must be well-formed text without NUL`) }
    if (check(input)) return { value: input as T }
    return { error: new ValidationError(describe(check.errors?.[0], part)) }
  }
}

function describe(error: ErrorObject | undefined, part: string): string {
  if (error === undefined) return `${part} is not valid`
  const place = `${part}${error.instancePath}`
  if (error.keyword === 'additionalProperties') {
    return `${place} must not have the property ${JSON.stringify(error.params.additionalProperty)}`
  }
  // A pattern says nothing to a person; the schema's title does.
  if (error.keyword === 'pattern' && error.parentSchema?.title) return `${place} must be ${error.parentSchema.title}`
  return `${place} ${error.message}`
}

/** IN7: databases refuse or cut text at NUL, and a lone surrogate is not text; keys count too. */
function findIllFormed(value: unknown, place: string): string | undefined {
  if (typeof value === 'string') return isWellFormed(value) ? undefined : place
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (!isWellFormed(key)) return `a key of ${place}`
    const found = findIllFormed(member, `${place}/${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

const isWellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
