/** A host app of cookies, whose page has nothing but the client, and whose clock a test can move on. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'
import { CHEAP } from '../support/mail-app.ts'
import { requireFreshBuild } from '../support/run.ts'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly hasCookie: boolean
}

export interface House {
  readonly app: FastifyInstance
  readonly port: number
  /** Every request that was answered. */
  readonly seen: SeenRequest[]
  /** Up to how many milliseconds a request is on its way: some overtake others. */
  longestWay: number
  /** Moves the server's clock on. */
  pass(seconds: number): void
}

export async function openHouse(t: Test, options: Partial<AuthOptions> = {}): Promise<House> {
  requireFreshBuild()
  const app = Fastify()
  t.teardown(() => app.close())
  let passed = 0
  const seen: SeenRequest[] = []
  app.addHook('onRequest', async () => {
    if (house.longestWay > 0) await sleep(house.longestWay * Math.random())
  })
  app.addHook('onResponse', async ({ method, url, headers }, { statusCode: status }) => {
    seen.push({ method, url, status, hasCookie: headers.cookie !== undefined })
  })

  await app.register(websocket)
  await app.register(authPlugin, {
    secret: 'correct horse battery staple, at length',
    storage: 'sqlite::memory:',
    transport: 'cookie',
    cookie: { secure: false },
    mailer: async () => {},
    rateLimit: false,
    password: CHEAP,
    clock: () => new Date(Date.now() + passed * 1000),
    ...options
  } as AuthOptions & { prefix: string })
  app.get('/', async (_request, reply) => reply.type('text/html').send('<!doctype html><title>House</title>'))
  app.get<{ Params: { file: string } }>('/client/:file', async ({ params }, reply) =>
    reply.type('text/javascript').send(readFileSync(new URL(`../../dist/client/${params.file}`, import.meta.url)))
  )
  app.get('/socket', { websocket: true, onRequest: app.authenticate }, (socket, { user }) => socket.send(user.id))
  app.get('/protected', { onRequest: app.authenticate }, async ({ user }) => user)
  app.post('/protected', { onRequest: app.authenticate }, async ({ user }) => user)

  await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(app.listeningOrigin).port)
  const house: House = {
    app,
    port,
    seen,
    longestWay: 0,
    pass(seconds) {
      passed += seconds
    }
  }
  return house
}

/** Makes `auth` in the page, and `ended` with the reasons of every sign-out. */
export async function openClient(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.evaluate(`(async () => {
    const { createAuthClient } = await import('/client/index.js')
    globalThis.ended = []
    globalThis.auth = createAuthClient({ keep: 'cookies', onSignedOut: (reason) => ended.push(reason) })
  })()`)
}

/** The status that the page gets for a guarded route. */
export const knock = (page: Page): Promise<number> =>
  page.evaluate("auth.fetch('/protected').then(({ status }) => status)")

export const ready = (page: Page): Promise<boolean> => page.evaluate('auth.ready()')

export const signUp = (page: Page, email: string): Promise<unknown> =>
  page.evaluate(`auth.signUp({ email: '${email}', password: 'a good passphrase' })`)
