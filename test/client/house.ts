/** A server on a loopback port behind a proxy that fails when told to, and tabs that share a store. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { type AuthClient, type AuthClientOptions, createAuthClient, type TokenStore } from '../../src/client/index.ts'
import type { AuthOptions } from '../../src/index.ts'
import { freshEmail, PASSWORD, startApp } from '../support/app.ts'
import { listenOnFreePort } from '../support/free-port.ts'

export interface Exchange {
  readonly request: IncomingMessage
  /** Asks the real server. */
  forward(): Promise<Response>
  readonly response: ServerResponse
}

export interface House {
  readonly app: FastifyInstance
  readonly origin: string
  readonly url: string
  /** Method and path of each request so far. */
  readonly requests: string[]
  /** Answers in the server's place, until set to null. */
  fault: ((exchange: Exchange) => Promise<void> | void) | null
  /** Moves the server's clock: no test waits for a token to expire. */
  pass(seconds: number): void
  stop(): Promise<void>
  start(): Promise<void>
}

/** Seconds. */
export const MINUTES = 60
export const HOURS = 60 * MINUTES

const realNow = Date.now

export async function startHouse(t: Test, options: Partial<AuthOptions> = {}): Promise<House> {
  let passed = 0
  const app = await startApp(t, { clock: () => new Date(realNow() + passed), ...options })
  const target = await app.listen({ host: '127.0.0.1', port: 0 })
  const proxy = createServer((request, response) => {
    house.requests.push(`${request.method} ${request.url}`)
    const exchange = { request, response, forward: () => forward(request, target) }
    Promise.resolve((house.fault ?? passOn)(exchange)).catch((error) => response.destroy(error))
  })
  const port = await listenOnFreePort(proxy)
  const house: House = {
    app,
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/auth`,
    requests: [],
    fault: null,
    pass(seconds) {
      passed += seconds * 1000
    },
    stop: () => stop(proxy),
    async start() {
      proxy.listen(port, '127.0.0.1')
      await once(proxy, 'listening')
    }
  }
  t.teardown(() => (proxy.listening ? stop(proxy) : undefined))
  return house
}

/** Lets an exchange through as it is. */
export async function passOn({ forward, response }: Exchange): Promise<void> {
  const answer = await forward()
  const body = Buffer.from(await answer.arrayBuffer())
  for (const [name, value] of answer.headers) {
    if (!['transfer-encoding', 'content-length', 'set-cookie'].includes(name)) response.setHeader(name, value)
  }
  response.setHeader('set-cookie', answer.headers.getSetCookie())
  response.writeHead(answer.status).end(body)
}

async function forward(request: IncomingMessage, target: string): Promise<Response> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (!['connection', 'content-length', 'transfer-encoding', 'host'].includes(name)) headers.set(name, String(value))
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = chunks.length > 0 ? Buffer.concat(chunks) : null
  return fetch(target + request.url, { method: request.method ?? 'GET', headers, body })
}

async function stop(proxy: Server): Promise<void> {
  const closed = once(proxy, 'close')
  proxy.close()
  proxy.closeAllConnections()
  await closed
}

/** One string, as several tabs of a browser see it. */
export function sharedStore(): TokenStore {
  let kept: string | null = null
  return {
    read: () => kept,
    write(value) {
      kept = value
    }
  }
}

export interface Tab extends AuthClient {
  /** Why it was signed out, each time. */
  readonly reasons: string[]
}

export function openTab(
  t: Test,
  { url }: Pick<House, 'url'>,
  options: AuthClientOptions<AuthClient['user'] & object> = {}
): Tab {
  const reasons: string[] = []
  const auth = createAuthClient({ url, onSignedOut: (reason) => reasons.push(reason), ...options })
  t.teardown(() => auth.close())
  return Object.defineProperty(auth, 'reasons', { value: reasons }) as Tab
}

export async function signUpIn(auth: AuthClient): Promise<{ readonly email: string; readonly password: string }> {
  const account = { email: freshEmail(), password: PASSWORD }
  await auth.signUp(account)
  return account
}

/** Waits for what arrives in its own time, such as a message between tabs. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

export function refreshesAt(house: House): number {
  return house.requests.filter((request) => request === 'POST /auth/refresh').length
}

/** The device's clock, not the server's. */
export function turnClock(t: Test, seconds: number): void {
  const { now } = Date
  Date.now = () => now() + seconds * 1000
  t.teardown(() => {
    Date.now = now
  })
}
