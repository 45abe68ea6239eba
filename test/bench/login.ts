/** What a login costs beside its one hash, with the load and the database on the same cores. */
import { startContender } from './contender.ts'
import { type Cost, inTurns, underLoad, unserved } from './measure.ts'
import { atLeast, micros, print, rate } from './report.ts'

const SECONDS = 2
const ROUNDS = 5
const CLIENTS = 16
/** The default gate on two cores or more, with the thread pool that Node has by default. */
const CONCURRENCY = 2

export async function benchLogin(storage: string): Promise<void> {
  const gatehouse = await startContender('gatehouse', {
    secret: 'a secret for the benchmark that protects nothing',
    storage
  })
  const floor = await startContender('hand-written-login', { storage, concurrency: CONCURRENCY })
  const raw = await startContender('raw-argon2', { concurrency: CONCURRENCY })
  const body = JSON.stringify({ email: 'grace@example.com', password: 'a good passphrase' })
  const headers = { 'content-type': 'application/json' }
  await fetch(`${gatehouse.url}/auth/signup`, { method: 'POST', headers, body })

  const load = { method: 'POST', headers, body, connections: CLIENTS, duration: SECONDS } as const
  const cost = await inTurns(
    {
      raw: unserved(raw, SECONDS),
      floor: underLoad(floor, '/login', load),
      gatehouse: underLoad(gatehouse, '/auth/login', load)
    },
    { rounds: ROUNDS }
  )
  await Promise.all([gatehouse, floor, raw].map((contender) => contender.stop()))

  print(`Signing in, ${CLIENTS} clients, ${CONCURRENCY} hashes at a time`, [
    { name: 'argon2id alone', figures: figures(cost.raw) },
    { name: 'hand-written route', figures: figures(cost.floor) },
    {
      name: 'POST /login',
      figures: figures(cost.gatehouse),
      goal: atLeast(cost.gatehouse.perSecond / cost.raw.perSecond, 0.9, 'argon2id alone')
    }
  ])
}

const figures = ({ cpu, perSecond }: Cost) => ({ 'CPU a login': micros(cpu), logins: rate(perSecond) })
