/** Sees every statement that goes to PostgreSQL from this process, for tests of what costs how much and of who comes first. */
import pg from 'pg'

/** What runs before a statement is sent; the statement waits for it. */
export type Watcher = (sql: string) => unknown

const watchers = new Set<Watcher>()

type Send = (this: pg.Client, ...given: unknown[]) => unknown

const prototype = pg.Client.prototype as unknown as { query: Send }
const { query } = prototype

prototype.query = function (...given) {
  const [first] = given
  const sql = typeof first === 'string' ? first : (first as { readonly text?: string } | undefined)?.text
  const pauses =
    sql === undefined ? [] : [...watchers].map((watch) => watch(sql)).filter((each) => each instanceof Promise)
  if (pauses.length === 0) return query.apply(this, given)
  return Promise.all(pauses).then(() => query.apply(this, given))
}

export async function whileWatching<T>(watcher: Watcher, work: () => Promise<T>): Promise<T> {
  watchers.add(watcher)
  try {
    return await work()
  } finally {
    watchers.delete(watcher)
  }
}

/** The statements that were sent while the work was done. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = []
  await whileWatching((sql) => void sent.push(sql), work)
  return sent
}
