/** Row 52: several sign-ups wait for one address, and whoever asks by the address alone does not say which is theirs. */
import { isDeepStrictEqual } from 'node:util'
import { flag } from './columns.ts'
import { type Proposal, readProposal } from './payloads.ts'
import type { Flag, Json } from './tables.ts'

/** More than these are nobody's honest tries, and reading all of them would be somebody else's lever. */
export const MOST_HEARD = 20

/** After so long nobody comes for a sign-up, nor disputes one: what is left of them may go, one by one. */
export const HEARD_SECONDS = 30 * 24 * 60 * 60

/** All of them as long as one of them is not over: what is left of several would look undisputed. */
export function heard<Row extends { readonly is_over: Flag }>(waiting: readonly Row[]): readonly Row[] {
  return waiting.every(({ is_over }) => flag(is_over)) ? [] : waiting
}

export interface Settlement {
  readonly proposal: Proposal
  readonly isDisputed: boolean
}

/**
 * What a link may make of the sign-ups that wait, the oldest first; null where none does. None of several passwords can be
 * trusted, the newest no more than the oldest, and a stranger's name or field is no more welcome: what they disagree on is
 * left out. What no user may be without is the newest's.
 *
 * @param id of the user, if it becomes one of its own
 */
export function settle(payloads: readonly (Json | null)[], id: string, required: readonly string[]): Settlement | null {
  const waiting = payloads.flatMap((payload) => (payload === null ? [] : [readProposal(payload)]))
  const [oldest] = waiting
  const newest = waiting.at(-1)
  if (oldest === undefined || newest === undefined) return null
  if (waiting.every((each) => each.id === oldest.id)) return { proposal: oldest, isDisputed: false }

  const isHeard = waiting.length <= MOST_HEARD
  const stays = (name: string, values: readonly unknown[]) =>
    required.includes(name) || (isHeard && values.every((value) => isDeepStrictEqual(value, values[0])))
  const usernames = waiting.map(({ username }) => username)
  const fields = Object.entries(newest.fields).filter(([name]) =>
    stays(
      name,
      waiting.map((each) => each.fields[name])
    )
  )
  return {
    proposal: {
      id,
      email: oldest.email,
      username: stays('username', usernames) ? newest.username : null,
      passwordHash: null,
      fields: Object.fromEntries(fields)
    },
    isDisputed: true
  }
}
