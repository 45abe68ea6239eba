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
    const fault = readsText ? findFault(input, part) : undefined
    if (fault !== undefined) return { error: new ValidationError(fault) }
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

/** Whatever walks a value afterwards, in storage and in the answer, does so on a stack: 16 KiB of brackets would fill it. */
const MAX_DEPTH = 64

/** IN7: databases refuse or cut text at NUL, and a lone surrogate is not text; keys count too. */
function findFault(value: unknown, place: string, depth = 0): string | undefined {
  if (typeof value === 'string') return isWellFormed(value) ? undefined : mustBeText(place)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === MAX_DEPTH) return `${place} must not nest deeper than ${MAX_DEPTH} levels`
  for (const [key, member] of Object.entries(value)) {
    if (!isWellFormed(key)) return mustBeText(`a key of ${place}`)
    const found = findFault(member, `${place}/${key}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const mustBeText = (place: string): string => `${place} must be well-formed text without NUL`

const isWellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
