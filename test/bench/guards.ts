/** What a guard costs on top of a route that does nothing. */
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import authPlugin from 'fastify-gatehouse'
import { type Contender, startContender } from './contender.ts'
import { inTurns, underLoad } from './measure.ts'
import { atMost, micros, print, type Row, rate } from './report.ts'

const KEY = 'a key for access tokens that every contender shares'
const SECONDS = 1
/** More than this package remembers, so that a token which comes round again is one never seen. */
const TOKENS = 20_000
const ROUNDS = 7

export async function benchGuards(): Promise<void> {
  const tokens = await distinctTokens()
  const bare = await startContender('bare')
  const jwt = await startContender('fastify-jwt', { key: KEY })
  const gatehouse = await startContender('gatehouse', options)
  const other = await startContender('gatehouse', options)

  const cost = await inTurns(
    {
      bare: hello(bare, tokens),
      jwt: hello(jwt, tokens),
      seen: hello(gatehouse, tokens.slice(0, 100)),
      unseen: hello(other, tokens)
    },
    { rounds: ROUNDS }
  )
  await Promise.all([bare, jwt, gatehouse, other].map((contender) => contender.stop()))

  const row = (name: string, { cpu, perSecond }: (typeof cost)['bare'], goal?: Row['goal']): Row => ({
    name,
    figures: {
      'CPU a request': micros(cpu),
      requests: rate(perSecond),
      'x bare': (cpu / cost.bare.cpu).toFixed(2)
    },
    ...(goal && { goal })
  })
  print('A guarded route, keep-alive, 10 connections with 10 requests under way each', [
    row('bare route', cost.bare),
    row('@fastify/jwt', cost.jwt),
    row('authenticate, token seen before', cost.seen, atMost(cost.seen.cpu / cost.bare.cpu, 1.15, 'bare')),
    row('authenticate, token never seen', cost.unseen, atMost(cost.unseen.cpu / cost.jwt.cpu, 1, '@fastify/jwt'))
  ])
}

const options = {
  secret: 'a secret for the benchmark that protects nothing',
  storage: 'sqlite::memory:',
  accessToken: { secret: KEY, ttl: '1h' }
} as const

function hello(contender: Contender, tokens: readonly string[]) {
  let next = 0
  return underLoad(contender, '/hello', {
    connections: 10,
    pipelining: 10,
    duration: SECONDS,
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          headers: { ...request.headers, authorization: `Bearer ${tokens[next++ % tokens.length]}` }
        })
      }
    ]
  })
}

/** Real tokens of one user, each with a `jti` of its own, that every contender takes. */
async function distinctTokens(): Promise<readonly string[]> {
  const app = Fastify()
  await app.register(authPlugin, options)
  await app.register(fastifyJwt, { secret: KEY })
  await app.ready()
  const account = { email: 'ada@example.com', password: 'a good passphrase' }
  await app.auth.signup(account)
  const { accessToken } = await app.auth.login(account)
  const { header, payload } = app.jwt.decode<{ header: object; payload: object }>(accessToken, { complete: true }) ?? {}
  const tokens = Array.from({ length: TOKENS }, () => app.jwt.sign({ ...payload, jti: crypto.randomUUID() }, header))
  await app.close()
  return tokens
}
