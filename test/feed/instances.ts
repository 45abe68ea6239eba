import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { bearer, SECRET } from '../support/app.ts'
import { CHEAP } from '../support/mail-app.ts'
import { runSql } from '../support/rows.ts'

const file = fileURLToPath(new URL('./instance.ts', import.meta.url))

export interface InstanceAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: { readonly code?: string; readonly reason?: string }
}

export interface Instance {
  get(path: string, accessToken: string): Promise<InstanceAnswer>
  /** What its process asked of PostgreSQL since this was asked last. */
  statements(): Promise<readonly string[]>
  close(): Promise<void>
}

export const OPTIONS = { secret: SECRET, password: CHEAP, email: { verification: 'off' } } as const

/** Another process of the app, on the same database; closed when the test ends. */
export async function startInstance(t: Test, options: Partial<AuthOptions>): Promise<Instance> {
  // tap would hang its loader on it through this variable.
  const clean = ['-u', 'NODE_OPTIONS', process.execPath, file, JSON.stringify({ ...OPTIONS, ...options })]
  const child = spawn('env', clean)
  const complaint = text(child.stderr)
  const exit = once(child, 'exit')
  t.teardown(async () => {
    child.stdin.end()
    await exit
  })
  const [line] = await Promise.race([once(child.stdout, 'data'), exit.then(() => [null])])
  if (line === null) throw new Error(await complaint)
  const origin = String(line).trim()

  return {
    async get(path, accessToken) {
      const response = await fetch(origin + path, { headers: bearer(accessToken) })
      const body = (await response.json()) as InstanceAnswer['body']
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body }
    },
    statements: async () => (await fetch(`${origin}/statements`)).json() as Promise<string[]>,
    async close() {
      child.stdin.end()
      const [code] = await exit
      if (code !== 0) throw new Error(await complaint)
    }
  }
}

/** The connections that listen. */
export const EARS =
  "from pg_stat_activity where application_name = 'fastify-gatehouse listening' and datname = current_database()"

export async function ears(storage: string): Promise<number> {
  return Number((await runSql(storage, `select count(*)::int as count ${EARS}`))[0]?.count)
}

/** Far beyond the bound, for a machine that is busy with other tests, and far below the next look of one that only listens. */
const PATIENCE_MS = 8000

/** Asks until the answer is the one wanted; how long that took, or never. */
export async function until(wanted: () => Promise<boolean>, patienceMs = PATIENCE_MS): Promise<number> {
  const begin = performance.now()
  while (!(await wanted())) {
    if (performance.now() - begin > patienceMs) return Number.POSITIVE_INFINITY
    await sleep(10)
  }
  return performance.now() - begin
}
