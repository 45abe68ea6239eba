/**
 * What an option may be: small kinds that compose. A kind says what it expects, and reads a value or refuses it; nothing is
 * ever coerced. What a kind builds it freezes; what a host hands over (a database, a function) it leaves as it is.
 */
import { OptionsError } from '../errors.ts'
import { describe, join, measure, refuse, refuseUnknown } from './refusal.ts'

export interface Kind<T> {
  /** The end of "must be …". */
  readonly expected: string
  /** Whether the value has the right type at all: how `anyOf` knows which alternative was meant. */
  fits(value: unknown): boolean
  /** Throws an `OptionsError` that names the path. */
  read(value: unknown, path: string): T
}

/** A place in a group: it knows what to do when nothing was given. */
export interface Field<T> {
  read(value: unknown, path: string): T
}

export type Read<K> = K extends Field<infer T> ? T : never

/** A value that is kept as it is when it has the type and passes the test. `tell` says what was received. */
export function kindOf<T>(
  expected: string,
  fits: (value: unknown) => value is T,
  accepts: (value: T) => boolean = () => true,
  tell: (value: unknown) => string = describe
): Kind<T> {
  return {
    expected,
    fits,
    read: (value, path) => (fits(value) && accepts(value) ? value : refuse(path, expected, tell(value)))
  }
}

export function text(
  expected = 'a string that is not blank',
  accepts: (value: string) => boolean = (value) => value.trim() !== '',
  tell = describe
): Kind<string> {
  return kindOf(expected, (value) => typeof value === 'string', accepts, tell)
}

export const flag = kindOf('true or false', (value) => typeof value === 'boolean')

export function exactly<const T>(only: T): Kind<T> {
  return kindOf(describe(only), (value): value is T => value === only)
}

export function oneOf<const T extends string>(...names: readonly T[]): Kind<T> {
  const isName = (value: string): value is T => (names as readonly string[]).includes(value)
  const known = text(names.map((name) => `'${name}'`).join(' or '), isName)
  return known as Kind<T>
}

/** A whole number. */
export function count({ min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number }): Kind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return kindOf(
    `a whole number ${range}`,
    (value) => typeof value === 'number',
    (value) => Number.isSafeInteger(value) && value >= min && value <= max
  )
}

export function callable<F extends (...parameters: never[]) => unknown>(): Kind<F> {
  return kindOf('a function', (value): value is F => typeof value === 'function')
}

/** An object, known by what it can do. Whoever passes a string in its place may have passed a password. */
export function instance<T extends object>(expected: string, looksLike: (value: object) => boolean): Kind<T> {
  const fits = (value: unknown): value is T => typeof value === 'object' && value !== null && looksLike(value)
  return kindOf(expected, fits, () => true, measure)
}

/** Nothing is worth saying twice in an option's list, so a repeated item is a slip. */
export function listOf<T>(item: Kind<T>, { min = 0 } = {}): Kind<readonly T[]> {
  const expected = `a list${min > 0 ? ' that is not empty' : ''}, each item ${item.expected}`
  const list = kindOf(expected, Array.isArray, (values) => values.length >= min)
  return {
    ...list,
    read(value, path) {
      const items = list.read(value, path).map((each, place) => item.read(each, `${path}[${place}]`))
      const again = items.findIndex((each, place) => items.indexOf(each) < place)
      if (again === -1) return Object.freeze(items)
      return refuse(`${path}[${again}]`, 'listed once', `the same as \`${path}[${items.indexOf(items[again] as T)}]\``)
    }
  }
}

/** Asks the first kind that the value fits, so that its refusal can be exact. */
export function anyOf<const K extends readonly Kind<unknown>[]>(...kinds: K): Kind<Read<K[number]>> {
  const expected = kinds.map((kind) => kind.expected).join(' or ')
  return {
    expected,
    fits: (value) => kinds.some((kind) => kind.fits(value)),
    read(value, path) {
      const meant = kinds.find((kind) => kind.fits(value)) ?? refuse(path, expected, describe(value))
      return meant.read(value, path) as Read<K[number]>
    }
  }
}

/** One, or a list of them; always a list once read. */
export function oneOrMore<T>(item: Kind<T>): Kind<readonly T[]> {
  return anyOf(
    mapped(item, (value): readonly T[] => [value]),
    listOf(item, { min: 1 })
  )
}

export function mapped<From, To extends object>(kind: Kind<From>, change: (value: From) => To): Kind<Readonly<To>> {
  return { ...kind, read: (value, path) => Object.freeze(change(kind.read(value, path))) }
}

type Fields = Readonly<Record<string, Field<unknown>>>
type Absent<F extends Fields> = { [N in keyof F]: undefined extends Read<F[N]> ? N : never }[keyof F]
type Group<F extends Fields> = { readonly [N in Exclude<keyof F, Absent<F>>]: Read<F[N]> } & {
  readonly [N in Absent<F>]?: Exclude<Read<F[N]>, undefined>
}

/** An object with known names only: a misspelt option would silently do nothing. */
export function group<F extends Fields>(fields: F): Kind<Group<F>> {
  const known = Object.keys(fields)
  const object = instance<Record<string, unknown>>('an object', (value) => !Array.isArray(value))
  return {
    ...object,
    read(value, path) {
      const given = object.read(value, path)
      for (const name of Object.keys(given)) if (!Object.hasOwn(fields, name)) refuseUnknown(name, known, path)
      const values = Object.entries(fields).map(([name, field]) => [name, field.read(given[name], join(path, name))])
      return Object.freeze(Object.fromEntries(values.filter(([, read]) => read !== undefined))) as Group<F>
    }
  }
}

/** The default is written as a host would write it and read like anything else; a function computes it when it is needed. */
export function optional<T>(kind: Kind<T>): Field<T | undefined>
export function optional<T>(kind: Kind<T>, preset: unknown): Field<T>
export function optional<T>(kind: Kind<T>, preset?: unknown): Field<T | undefined> {
  return {
    read(value, path) {
      const fallback = typeof preset === 'function' ? preset() : preset
      const given = value === undefined ? fallback : value
      return given === undefined ? undefined : kind.read(given, path)
    }
  }
}

/** Empty counts as not given: a variable that is set to nothing arrives as `''`. */
export function required<T>(kind: Kind<T>, sentence: string): Field<T> {
  return {
    read(value, path) {
      const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
      if (empty) throw new OptionsError(sentence)
      return kind.read(value, path)
    }
  }
}
