/** The shape of a room. */
import type { TUnsafe } from '@sinclair/typebox'
import { type Context, workWithin } from './context.ts'
import { type Caller, callerFrom } from './events.ts'
import { contain } from './http/contain.ts'
import type { Door } from './http/door.ts'
import { compileValidator } from './http/validation.ts'
import type { Config } from './options.ts'
import type { Gate } from './session/parts.ts'

export interface Feature<Api extends object = object> {
  readonly name: string
  /** Whether the options ask for this room; always, when it does not say. */
  readonly needs?: (config: Config) => boolean
  /** What stands before every session that opens, as the options have it. */
  readonly gate?: (config: Config) => Gate
  /** Its part of `app.auth`. */
  readonly api?: (context: Context) => Api
  readonly routes?: (door: Door, context: Context) => void
}

export const defineFeature = <Api extends object = object>(feature: Feature<Api>): Feature<Api> => feature

/** What a call from code may say beside its input. */
export interface Call extends Partial<Caller> {
  /** Your own transaction (a Kysely `Transaction` with our own storage): everything happens in it or not at all. */
  readonly trx?: unknown
}

export type Rule<Input, Output> = (context: Context, input: Input, caller: Caller) => Promise<Output>

/** A rule as a function of `app.auth`: its input passes the same schema as a request's body, its failures are the same errors. */
export function verb<Input, Output>(
  context: Context,
  schema: TUnsafe<Input>,
  rule: Rule<Input, Output>
): (input: Input, call?: Call) => Promise<Output> {
  const validate = compileValidator<Input>(schema, 'input')
  return async (input, call = {}) => {
    // Defaults are filled in, and not into the caller's own object.
    const checked = validate(structuredClone(input))
    if ('error' in checked) throw checked.error
    return runWithin(context, call, (scoped, caller) => rule(scoped, checked.value, caller))
  }
}

/** A verb that acts for a user, who is named first. */
export function verbFor<Input, Output>(
  context: Context,
  schema: TUnsafe<Input>,
  rule: (context: Context, userId: string, input: Input, caller: Caller) => Promise<Output>
): (userId: string, input: Input, call?: Call) => Promise<Output> {
  const validate = compileValidator<Input>(schema, 'input')
  return async (userId, input, call = {}) => {
    const checked = validate(structuredClone(input))
    if ('error' in checked) throw checked.error
    return runWithin(context, call, (scoped, caller) => rule(scoped, userId, checked.value, caller))
  }
}

/** The frame of every call from code: its transaction, its origin, its errors. */
export async function runWithin<Output>(
  context: Context,
  { trx, ...from }: Call,
  work: (context: Context, caller: Caller) => Promise<Output>
): Promise<Output> {
  const caller = callerFrom(from)
  try {
    if (trx === undefined) return await work(context, caller)
    return await workWithin(context, trx, (scoped) => work(scoped, caller))
  } catch (error) {
    throw contain(error)
  }
}
