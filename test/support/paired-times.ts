/** Whether a clock can tell several kinds of the same work apart: an attacker's measure, not an assertion of a time. */

export type Kinds<Kind extends string> = Readonly<Record<Kind, () => Promise<unknown>>>

export interface Rounds {
  readonly rounds: number
  /** Rounds before the first that counts. */
  readonly warmUp: number
}

/** Rounds in random order, each of which does every kind once, so that the same disturbances meet all of them. */
export async function measureInRounds<Kind extends string>(
  kinds: Kinds<Kind>,
  { rounds, warmUp }: Rounds
): Promise<Record<Kind, number[]>> {
  const names = Object.keys(kinds) as Kind[]
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Kind, number[]>
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      const begin = performance.now()
      await kinds[name]()
      if (round >= 0) times[name].push(performance.now() - begin)
    }
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
