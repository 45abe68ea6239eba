import Fastify from 'fastify'
import authPlugin, { type AuthOptions, type authPlugin as named } from 'fastify-gatehouse'
import { type Equals, pin } from './equals.ts'

const app = Fastify()
pin<Equals<typeof authPlugin, typeof named>>()

// What is missing from the environment is refused at boot in a sentence; the compiler lets it pass.
await app.register(authPlugin, { secret: process.env.AUTH_SECRET, storage: process.env.DATABASE_URL })
await app.register(authPlugin, { secret: ['the new one', 'the old one'], prefix: '' })

// @ts-expect-error: a secret is required
await app.register(authPlugin, {})
// @ts-expect-error: options are required
await app.register(authPlugin)

const secret = process.env.AUTH_SECRET
export const right: readonly AuthOptions[] = [
  { secret, storage: 'postgres://localhost/app', postgres: { prepare: false, listen: false } },
  { secret, identifiers: ['email', 'username?'], user: { public: ['username'], serverOnly: [] } },
  { secret, password: { minLength: 15, argon2: { memoryCost: 65_536, timeCost: 3, parallelism: 1 } } },
  { secret, accessToken: { ttl: '5m', claims: (user) => ({ name: user.username }) }, refreshToken: { grace: 0 } },
  { secret, routes: { login: '/sign-in', verify: false, refresh: ['/refresh', '/renew'], me: { hide: true } } },
  { secret, clock: () => new Date() }
]

export const wrong: readonly AuthOptions[] = [
  // @ts-expect-error: not a string
  { secret: 42 },
  // @ts-expect-error: not a string
  { secret, prefix: 1 },
  // @ts-expect-error: no such identifier
  { secret, identifiers: ['phone'] },
  // @ts-expect-error: no such option
  { secret, storagge: 'sqlite::memory:' },
  // @ts-expect-error: a duration is a string or a number
  { secret, accessToken: { ttl: true } },
  // @ts-expect-error: no such algorithm
  { secret, accessToken: { algorithm: 'none' } },
  // @ts-expect-error: no such route
  { secret, routes: { signin: false } },
  // @ts-expect-error: not a Date
  { secret, clock: () => Date.now() }
]
