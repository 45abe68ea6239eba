/** A host app with a mail server, and people who read their letters and click. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, call, post, startApp } from './app.ts'
import { linkOf, type MailServer, mailServer, type ReceivedLetter, tokenOf } from './mail-server.ts'
import { isBackground, whileWatching } from './statements.ts'

export interface MailApp {
  readonly app: FastifyInstance
  readonly mail: MailServer
}

/** Cheap to hash: what a password costs is not the subject of a test about letters. */
export const CHEAP = { argon2: { memoryCost: 8, timeCost: 1 }, hashing: { concurrency: 2, queue: 10_000 } } as const

export async function startMailApp(
  t: Test,
  options: Partial<AuthOptions> = {},
  server: FastifyServerOptions = {}
): Promise<MailApp> {
  const mail = await mailServer(t)
  const app = await startApp(t, { mailer: mail.url, password: CHEAP, ...options }, server)
  return { app, mail }
}

/** Opens the letter's link in a browser, which shows a page; then presses its button. */
export async function click(app: FastifyInstance, letter: ReceivedLetter, typed: object = {}): Promise<Answer> {
  const { pathname, hash } = linkOf(letter)
  const page = await app.inject(pathname)
  if (page.statusCode !== 200) throw new Error(`the page of the link was answered ${page.statusCode}`)
  const actions = JSON.parse(/data-actions="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? '{}')
  const name = new URLSearchParams(hash.slice(1)).get('letter') ?? ''
  return post(app, actions[name].path, { token: tokenOf(letter), ...typed })
}

/** What an attacker sees of an answer: everything but the clock. */
export async function seen(app: FastifyInstance, request: Parameters<typeof call>[1]): Promise<object> {
  const { status, headers, text } = await call(app, request)
  return { status, headers: { ...headers, date: undefined }, text }
}

/**
 * The statements of the work itself, on PostgreSQL: what the outbox would send meanwhile is held back until it is done, and
 * what the process does by itself is left out.
 */
export async function ownStatementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = []
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const watcher = {
    sending(sql: string) {
      if (/skip locked/i.test(sql)) return done
      if (!isBackground(sql)) sent.push(sql)
    }
  }
  await whileWatching(watcher, work).finally(resolve)
  return sent
}
