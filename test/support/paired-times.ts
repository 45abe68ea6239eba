/** Whether a clock can tell several kinds of the same work apart: an attacker's measure, not an assertion of a time. */

import { setTimeout as sleep } from 'node:timers/promises'

export interface Rounds<Result> {
  readonly rounds: number
  /** Rounds before the first that counts. */
  readonly warmUp: number
  /** What every kind must come to, or something else was measured. */
  readonly expected: (result: Result) => boolean
  /** Between two rounds, for what goes on behind the answers. */
  readonly pauseMs?: number
}

/** Rounds in random order, each of which does every kind once, so that the same disturbances meet all of them. */
export async function measureInRounds<Kind extends string, Result>(
  kinds: Readonly<Record<Kind, () => Promise<Result>>>,
  { rounds, warmUp, expected, pauseMs = 0 }: Rounds<Result>
): Promise<Record<Kind, number[]>> {
  const names = Object.keys(kinds) as Kind[]
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Kind, number[]>
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      const begin = performance.now()
      const result = await kinds[name]()
      const elapsed = performance.now() - begin
      if (!expected(result)) throw new Error(`${name} came to ${JSON.stringify(result)}`)
      if (round >= 0) times[name].push(elapsed)
    }
    if (pauseMs > 0) await sleep(pauseMs)
  }
  return times
}

/**
 * The median of the paired differences, as a share of the reference: a busy machine disturbs single rounds, which the
 * median does not see, and slows all kinds alike, which the share does not.
 */
export function pairedDifference(times: readonly number[], reference: readonly number[]): number {
  return median(times.map((time, round) => time - (reference[round] ?? Number.NaN))) / median(reference)
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
