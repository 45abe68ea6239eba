import { type Kind, kindOf } from './kinds.ts'
import { describe, refuse } from './refusal.ts'

/** A string such as `'15m'` (units s, m, h, d), or a number of seconds. */
export type Duration = string | number

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

interface Bounds {
  readonly from?: Duration
  /** Ten years unless said otherwise: whoever means milliseconds hears of it at boot, and has no sessions of decades. */
  readonly to?: Duration
  /** Whether a fraction of a second is refused. */
  readonly whole?: boolean
}

/** Seconds, once read. */
export function duration({ from = '0s', to = '3650d', whole = false }: Bounds = {}): Kind<number> {
  const [least, most] = [secondsOf(from), secondsOf(to)]
  const expected = `a duration from ${spell(from)} to ${spell(to)}, such as '15m', or a${whole ? ' whole' : ''} number of seconds`
  const given = kindOf(expected, (value) => typeof value === 'string' || typeof value === 'number')
  return {
    ...given,
    read(value, path) {
      const seconds = secondsOf(given.read(value, path))
      const good = seconds >= least && seconds <= most && (!whole || Number.isInteger(seconds))
      return good ? seconds : refuse(path, expected, describe(value))
    }
  }
}

/** NaN for what is no duration: no comparison holds for it. */
function secondsOf(duration: Duration): number {
  if (typeof duration === 'number') return duration
  const [, amount, unit] = /^(\d{1,10})([smhd])$/.exec(duration) ?? []
  return Number(amount) * UNITS[unit as keyof typeof UNITS]
}

const spell = (duration: Duration): string => (typeof duration === 'number' ? `${duration}s` : duration)
