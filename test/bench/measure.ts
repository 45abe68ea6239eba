/** Figures of one run, in turns: what else the machine does falls on every contender alike. */
import autocannon, { type Options } from 'autocannon'
import type { Contender } from './contender.ts'

export interface Cost {
  /** Microseconds of the contender's processor time. */
  readonly cpu: number
  readonly perSecond: number
}

/** One round of one contender. */
export type Turn = () => Promise<Cost>

/** Medians over interleaved rounds, of which the first ones warm up and do not count. */
export async function inTurns<Name extends string>(
  turns: Readonly<Record<Name, Turn>>,
  { rounds, warming = 1 }: { readonly rounds: number; readonly warming?: number }
): Promise<Record<Name, Cost>> {
  const names = Object.keys(turns) as Name[]
  const seen = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Cost[]>
  for (let round = 0; round < warming + rounds; round++) {
    for (const name of names) {
      const cost = await turns[name]()
      if (round >= warming) seen[name].push(cost)
    }
  }
  const medianCost = (costs: Cost[]): Cost => ({
    cpu: median(costs.map(({ cpu }) => cpu)),
    perSecond: median(costs.map(({ perSecond }) => perSecond))
  })
  return Object.fromEntries(names.map((name) => [name, medianCost(seen[name])])) as Record<Name, Cost>
}

/** A server under load. Whatever it answers beside success is a fault of the benchmark, which then means nothing. */
export function underLoad(contender: Contender, path: string, load: Omit<Options, 'url'>): Turn {
  return async () => {
    const before = await contender.ask()
    const result = await autocannon({ ...load, url: contender.url + path })
    const after = await contender.ask()
    const requests = result['2xx']
    if (requests === 0 || result.non2xx + result.errors > 0) {
      throw new Error(`${path} answered ${result.non2xx} of ${requests + result.non2xx} with a failure`)
    }
    return { cpu: (after.cpu - before.cpu) / requests, perSecond: requests / result.duration }
  }
}

/** Work without a server around it. */
export function unserved(contender: Contender, seconds: number): Turn {
  return async () => {
    const { operations, seconds: elapsed, cpu } = await contender.ask({ seconds })
    return { cpu: cpu / operations, perSecond: operations / elapsed }
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
