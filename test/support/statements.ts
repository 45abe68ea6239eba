/** Sees every statement that goes to PostgreSQL from this process, for tests of what costs how much and of who comes first. */
import pg from 'pg'

export interface Watcher {
  /** Called before a statement is sent, which waits for the promise that this may return. */
  sending?(sql: string): unknown
  /** Called when its answer is here, before whoever asked gets it. */
  answered?(sql: string): unknown
}

const watchers = new Set<Watcher>()

const prototype = pg.Client.prototype as unknown as {
  query(this: pg.Client, ...given: unknown[]): unknown
}
const { query } = prototype

prototype.query = function (...given) {
  const [first] = given
  const sql = typeof first === 'string' ? first : (first as { readonly text?: unknown } | undefined)?.text
  if (watchers.size === 0 || typeof sql !== 'string') return query.apply(this, given)
  const callback = given.at(-1)
  if (typeof callback !== 'function') return watched(sql, () => query.apply(this, given))
  return watched(sql, () => query.apply(this, given.slice(0, -1))).then(
    (result) => callback(null, result),
    (error) => callback(error)
  )
}

async function watched(sql: string, send: () => unknown): Promise<unknown> {
  for (const watcher of watchers) await watcher.sending?.(sql)
  const result = await send()
  for (const watcher of watchers) await watcher.answered?.(sql)
  return result
}

export async function whileWatching<T>(watcher: Watcher, work: () => Promise<T>): Promise<T> {
  watchers.add(watcher)
  try {
    return await work()
  } finally {
    watchers.delete(watcher)
  }
}

/** What a process does by itself at any time: it looks for letters that are due and for sessions that ended elsewhere, and keeps events. */
export function isBackground(sql: string): boolean {
  return /^with "(?:chosen|given)"|^select "sid", "ended_at"|^select pg_notify|^listen |^delete from "auth_outbox" where "closed_at"/.test(
    sql
  )
}

/** The statements that were sent while the work was done. */
export async function everyStatementOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = []
  await whileWatching({ sending: (sql) => void sent.push(sql) }, work)
  return sent
}

/** The same, without what was not done for the work. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  return (await everyStatementOf(work)).filter((sql) => !isBackground(sql))
}
