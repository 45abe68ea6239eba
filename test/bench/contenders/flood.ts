/**
 * So many people who sign in at the same time, again and again. They arrive within a second; whoever is refused comes back
 * as told, or at once.
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { repeat, settings } from './parent.ts'

const { url, body, people, patient } = settings<{ url: string; body: string; people: number; patient: boolean }>()
const agent = new Agent({ keepAlive: true })
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }

const arrived = new Set<number>()

repeat(people, async (person) => {
  if (!arrived.has(person)) await sleep((person / people) * 1000)
  arrived.add(person)
  const retryAfter = await login()
  if (retryAfter > 0 && patient) await sleep(retryAfter * 1000)
})

function login(): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 503 ? Number(response.headers['retry-after']) : 0))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
