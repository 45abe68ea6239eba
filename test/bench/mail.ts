/** F11: what a mail server does wrong, nobody who asks for a letter may feel: how much longer the slowest answers take. */

import type { Behaviour } from '../support/mail-server.ts'
import { measureInRounds } from '../support/paired-times.ts'
import { type Contender, startContender } from './contender.ts'
import { median, quantile } from './measure.ts'
import { millis, print, type Row } from './report.ts'

const ROUNDS = 2000
const WARM_UP = 100
/** Or six apps that send letters would only be in each other's way. */
const PAUSE_MS = 20
const AT_MOST_MS = 5
const RESAMPLES = 1000

/** The others are compared with the first; the second tells how much of a difference is the machine's own. */
const WAYS = {
  'takes letters': 'well',
  'takes letters, again': 'well',
  'refuses connections': 'refuse',
  'says nothing': 'black-hole',
  'takes 2 s for each command': { delay: 2000 },
  'says 550': { reply: 550 }
} as const satisfies Record<string, Behaviour>

type Way = keyof typeof WAYS

/** What somebody asks for who has an account, or wants one. */
const ROUTES: Readonly<Record<string, (number: number) => { readonly email: string; readonly password?: string }>> = {
  'forgot-password': () => ({ email: 'ada@example.com' }),
  'resend-verification': () => ({ email: 'grace@example.com' }),
  signup: (number) => ({ email: `user${number}@example.com`, password: 'a good passphrase' })
}

interface House {
  readonly url: string
  stop(): Promise<unknown>
}

export async function benchMail(storage: string): Promise<void> {
  const ways = Object.keys(WAYS) as Way[]
  const houses: Record<string, House> = {}
  for (const [index, way] of ways.entries()) houses[way] = await startHouse(WAYS[way], storage, `house${index}_`)
  let number = 0
  for (const [route, body] of Object.entries(ROUTES)) {
    const times = await measureInRounds(
      Object.fromEntries(ways.map((way) => [way, () => ask(`${houses[way]?.url}/auth/${route}`, body(number++))])),
      {
        rounds: ROUNDS,
        warmUp: WARM_UP,
        pauseMs: PAUSE_MS,
        expected: (answer) => answer === '202 {"status":"check_email"}'
      }
    )
    const well = times[ways[0] ?? ''] ?? []
    print(
      `POST /${route} when the mail server ..., ${ROUNDS} answers each, in turns`,
      ways.map((way, index) => row(way, times[way] ?? [], index === 0 ? undefined : well))
    )
  }
  await Promise.all(Object.values(houses).map((house) => house.stop()))
}

/** An app and its mail server, on tables of its own. */
async function startHouse(behaviour: Behaviour, storage: string, tablePrefix: string): Promise<House> {
  const mail: Contender = await startContender('mail-server', { behaviour })
  const app = await startContender('gatehouse', {
    secret: 'a secret for the benchmark that protects nothing',
    storage,
    tablePrefix,
    mailer: mail.url,
    email: { verification: 'required' },
    rateLimit: false,
    // What a hash costs is not the subject, and would hide it.
    password: { argon2: { memoryCost: 8, timeCost: 1 } }
  })
  return { url: app.url, stop: () => Promise.all([app.stop(), mail.stop()]) }
}

async function ask(url: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return `${answer.status} ${await answer.text()}`
}

function row(way: string, times: readonly number[], well?: readonly number[]): Row {
  const p99 = quantile(times, 0.99)
  const figures = { p50: millis(median(times)), p99: millis(p99) }
  if (well === undefined) return { name: way, figures }
  const more = p99 - quantile(well, 0.99)
  const [low, high] = interval(times, well)
  return {
    name: way,
    figures: { ...figures, '95 % of resamples': `${low.toFixed(2)} to ${high.toFixed(2)} ms` },
    goal: { text: `p99 ${more < 0 ? '' : '+'}${millis(more)} (at most +${AT_MOST_MS} ms)`, reached: more <= AT_MOST_MS }
  }
}

/** Between what the difference of the two p99 lies: the bootstrap. */
function interval(times: readonly number[], well: readonly number[]): [number, number] {
  const differences = Array.from({ length: RESAMPLES }, () => resampledP99(times) - resampledP99(well))
  return [quantile(differences, 0.025), quantile(differences, 0.975)]
}

function resampledP99(times: readonly number[]): number {
  return quantile(
    times.map(() => times[Math.floor(Math.random() * times.length)] ?? Number.NaN),
    0.99
  )
}
