#!/usr/bin/env node
/** The `fastify-gatehouse` command. */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { connectStore } from '../adapters/kysely/connect.ts'
import { cleanUp } from '../cleanup.ts'
import type { AuthStore } from '../store/index.ts'

const USAGE = `Usage:
  fastify-gatehouse secret                             print a new secret for the option \`secret\`
  fastify-gatehouse migrate --database URL             create the tables, or bring them up to date
                            [--table-prefix auth_]
  fastify-gatehouse cleanup --database URL             remove what is over: sessions and links after 30 days,
                            [--table-prefix auth_]     events after 365 (once a day is often enough)`

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = { secret, migrate, cleanup }

async function secret(): Promise<void> {
  console.log(randomBytes(48).toString('base64url'))
}

async function migrate(args: string[]): Promise<void> {
  await withStore(args, async (store) => {
    await store.open({ migrate: true })
    console.log('The tables are up to date.')
  })
}

async function cleanup(args: string[]): Promise<void> {
  await withStore(args, async (store) => {
    await store.open({ migrate: false })
    const { sessions, oneTimeTokens, events } = await cleanUp(store, {})
    console.log(`Removed: ${sessions} sessions, ${oneTimeTokens} one-time tokens, ${events} events.`)
  })
}

async function withStore(args: string[], work: (store: AuthStore) => Promise<void>): Promise<void> {
  const { values } = parseArgs({ args, options: { database: { type: 'string' }, 'table-prefix': { type: 'string' } } })
  if (values.database === undefined) throw new Error('`--database URL` says which database it is')
  const store = await connectStore(values.database, {
    postgres: { prepare: false, listen: false },
    log: { error: (_object: object, message: string) => console.error(message) },
    ...(values['table-prefix'] !== undefined && { tablePrefix: values['table-prefix'] })
  })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

/** With the cause: "storage does not answer" alone sends nobody to the right place. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Of several addresses that were tried, the message is empty.
  const own = error.message || ('code' in error ? String(error.code) : error.name)
  return error.cause === undefined ? own : `${own}: ${explain(error.cause)}`
}

const [name = '', ...args] = process.argv.slice(2)
if (name === '--help' || name === 'help') {
  console.log(USAGE)
} else if (Object.hasOwn(commands, name)) {
  await commands[name]?.(args).catch((error: unknown) => {
    console.error(explain(error))
    process.exitCode = 1
  })
} else {
  console.error(USAGE)
  process.exitCode = 1
}
