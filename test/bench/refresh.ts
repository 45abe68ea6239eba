/** What a refresh costs: every request rotates a session on PostgreSQL. */
import { type Contender, startContender } from './contender.ts'
import { type Cost, inTurns, median, underLoad, unserved } from './measure.ts'
import { atLeast, micros, print, type Row, rate } from './report.ts'
import { type Rotation, recordRotation, type SessionKey, sessionOf } from './rotation.ts'

const CLIENTS = 32
const SECONDS = 2
const ROUNDS = 5
/** Both servers get faster for some ten seconds, the larger one for longer. */
const WARMING = 3
const RUNS = 3
const ACCOUNT = { email: 'ada@example.com', password: 'a good passphrase' }
const KEY = 'a key for the access tokens of the hand-written route'

export async function benchRefresh(storage: string): Promise<void> {
  const rotation = await recordRotation(storage, ACCOUNT)
  const runs: Costs[] = []
  for (let run = 0; run < RUNS; run++) runs.push(await measure(storage, rotation))
  const cost = (name: keyof Costs): Cost => ({
    cpu: median(runs.map((costs) => costs[name].cpu)),
    perSecond: median(runs.map((costs) => costs[name].perSecond))
  })
  const shares = runs.map(({ floor, gatehouse }) => floor.cpu / gatehouse.cpu)

  const row = (name: string, { cpu, perSecond }: Cost, goal?: Row['goal']): Row => ({
    name,
    figures: {
      'CPU a refresh': micros(cpu),
      refreshes: rate(perSecond)
    },
    ...(goal && { goal })
  })
  print(`Refreshing on PostgreSQL, ${CLIENTS} clients, a rotation each time; medians of ${RUNS} starts`, [
    row('the statement alone', cost('raw')),
    row('hand-written route', cost('floor')),
    row('POST /refresh', cost('gatehouse'), atLeast(median(shares), 0.9, 'hand-written, by CPU'))
  ])
}

type Costs = Readonly<Record<'raw' | 'floor' | 'gatehouse', Cost>>

/** With processes of its own: two of the same program differ by several percent, for as long as they live. */
async function measure(storage: string, rotation: Rotation): Promise<Costs> {
  const gatehouse = await startContender('gatehouse', {
    secret: 'a secret for the benchmark that protects nothing',
    storage
  })
  const floor = await startContender('hand-written-refresh', { storage, rotation, key: KEY })
  const sessions = (await signIn(gatehouse, CLIENTS)).map(sessionOf)
  const raw = await startContender('raw-rotation', { storage, rotation, sessions })
  const costs = await inTurns(
    {
      raw: unserved(raw, SECONDS),
      floor: refreshing(floor, '/refresh', (await signIn(gatehouse, CLIENTS)).map(inPlainText)),
      gatehouse: refreshing(gatehouse, '/auth/refresh', await signIn(gatehouse, CLIENTS))
    },
    { rounds: ROUNDS, warming: WARMING }
  )
  await Promise.all([gatehouse, floor, raw].map((contender) => contender.stop()))
  return costs
}

/** Each client goes on from the token that it was answered last. */
function refreshing(contender: Contender, path: string, tokens: string[]) {
  return () => {
    let clients = 0
    return underLoad(contender, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      connections: CLIENTS,
      duration: SECONDS,
      setupClient(client) {
        const place = clients++
        let answer = ''
        const present = () => client.setBody(JSON.stringify({ refreshToken: tokens[place] }))
        present()
        client.on('body', (part) => {
          answer += part.toString()
        })
        client.on('response', () => {
          tokens[place] = JSON.parse(answer).refreshToken
          answer = ''
          present()
        })
      }
    })()
  }
}

async function signIn({ url }: Contender, times: number): Promise<string[]> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ACCOUNT) }
  const logins = Array.from({ length: times }, async () => {
    const answer = await fetch(`${url}/auth/login`, request)
    return ((await answer.json()) as { refreshToken: string }).refreshToken
  })
  return Promise.all(logins)
}

function inPlainText(refreshToken: string): string {
  const { id, digest }: SessionKey = sessionOf(refreshToken)
  return `${id}.${digest}.0`
}
