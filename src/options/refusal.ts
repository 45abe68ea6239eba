/** How a wrong option is told: one sentence with path, expected, received, and never a secret in it. */
import { inspect } from 'node:util'
import { OptionsError } from '../errors.ts'

/** A secret has this many bytes at least: a string as long as that, at whatever path, could be one that went astray. */
export const SECRET_BYTES = 32

export function refuse(path: string, expected: string, received: string): never {
  throw new OptionsError(`\`${path || 'options'}\` must be ${expected}, received ${received}`)
}

/** A short plain value as it is, anything else by type and length. An `@` may stand behind a password, as in a URL. */
export function describe(value: unknown): string {
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return measure(value)
  if (typeof value !== 'string') return inspect(value)
  const quotable = value !== '' && Buffer.byteLength(value) < SECRET_BYTES && !value.includes('@')
  return quotable ? inspect(value) : measure(value)
}

/** Type and length only, for what may be a secret. */
export function measure(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of length ${value.length}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of length ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function refuseUnknown(name: string, known: readonly string[], path: string): never {
  const near = nearest(name, known)
  const hint =
    near === undefined
      ? `the ones known here are ${known.map((each) => `\`${each}\``).join(', ')}`
      : `the nearest one is \`${join(path, near)}\``
  throw new OptionsError(`\`${join(path, name)}\` is not an option, ${hint}`)
}

export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** The known name that a typing error may have meant; none when more than half of the name would have to change. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let closest: { readonly name: string; readonly distance: number } | undefined
  for (const each of known) {
    const distance = editDistance(name.toLowerCase(), each.toLowerCase())
    const near = distance <= Math.max(name.length, each.length) / 2
    if (near && (closest === undefined || distance < closest.distance)) closest = { name: each, distance }
  }
  return closest?.name
}

/** Levenshtein's, row by row. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...to].entries()) {
      const [diagonal = 0, up = 0] = above.slice(column, column + 2)
      current.push(Math.min(up + 1, (current[column] ?? 0) + 1, diagonal + (letter === other ? 0 : 1)))
    }
    above = current
  }
  return above.at(-1) ?? 0
}
