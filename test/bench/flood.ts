/** What a flood of sign-ins does to everybody else: how long a guarded route takes meanwhile. */
import { Agent, get } from 'node:http'
import { type Contender, startContender } from './contender.ts'
import { quantile } from './measure.ts'
import { millis, print, type Row, rate } from './report.ts'

const PEOPLE = 500
const FLOOD_SECONDS = 10
const IDLE_SECONDS = 4
/** A server that has met a flood before: what the compiler does at the first one is not what is asked here. */
const WARM_UP_SECONDS = 2
const PROBES_PER_SECOND = 200
const ACCOUNT = { email: 'lin@example.com', password: 'a good passphrase' }

export async function benchFlood(storage: string): Promise<void> {
  const gatehouse = await startContender('gatehouse', {
    secret: 'a secret for the benchmark that protects nothing',
    storage
  })
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ACCOUNT) }
  const answer = await fetch(`${gatehouse.url}/auth/signup`, request)
  const { accessToken } = (await answer.json()) as { accessToken: string }

  await during(gatehouse, accessToken, { patient: false, seconds: WARM_UP_SECONDS })
  const idle = await probe(gatehouse, accessToken, IDLE_SECONDS)
  const patient = await during(gatehouse, accessToken, { patient: true, seconds: FLOOD_SECONDS })
  const impatient = await during(gatehouse, accessToken, { patient: false, seconds: FLOOD_SECONDS })
  await gatehouse.stop()

  const limit = Math.max(2 * quantile(idle, 0.99), 10)
  const row = (name: string, latencies: readonly number[], logins?: number): Row => ({
    name,
    figures: {
      p50: millis(quantile(latencies, 0.5)),
      p99: millis(quantile(latencies, 0.99)),
      'login attempts': logins === undefined ? '' : rate(logins)
    }
  })
  const p99 = quantile(patient.latencies, 0.99)
  print(`A guarded route while ${PEOPLE} people sign in over and over, ${PROBES_PER_SECOND} requests a second`, [
    row('idle', idle),
    {
      ...row('refused ones wait as told', patient.latencies, patient.logins),
      goal: { text: `p99 ${millis(p99)} (at most ${millis(limit)})`, reached: p99 <= limit }
    },
    row('refused ones come back at once', impatient.latencies, impatient.logins)
  ])
}

interface Flood {
  readonly patient: boolean
  readonly seconds: number
}

async function during(gatehouse: Contender, accessToken: string, { patient, seconds }: Flood) {
  const url = `${gatehouse.url}/auth/login`
  const flood = await startContender('flood', { url, body: JSON.stringify(ACCOUNT), people: PEOPLE, patient })
  const flooding = flood.ask({ seconds })
  const latencies = await probe(gatehouse, accessToken, seconds)
  const attempts = await flooding
  await flood.stop()
  return { latencies, logins: attempts.operations / attempts.seconds }
}

/** Steady and open: a slow answer keeps no later request from being sent, or slowness would hide itself. */
async function probe({ url }: Contender, accessToken: string, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const headers = { authorization: `Bearer ${accessToken}` }
  const latencies: Promise<number>[] = []
  const start = performance.now()
  await new Promise<void>((resolve) => {
    const ticker = setInterval(() => {
      const due = ((performance.now() - start) / 1000) * PROBES_PER_SECOND
      while (latencies.length < due) latencies.push(timed(`${url}/hello`, agent, headers))
      if (performance.now() - start < seconds * 1000) return
      clearInterval(ticker)
      resolve()
    }, 1000 / PROBES_PER_SECOND)
  })
  const measured = await Promise.all(latencies)
  agent.destroy()
  return measured
}

function timed(url: string, agent: Agent, headers: Record<string, string>): Promise<number> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the probe was answered ${response.statusCode}`))
      response.resume()
      response.once('end', () => resolve(performance.now() - start))
    }).once('error', reject)
  })
}
