#!/usr/bin/env node
/** The `fastify-gatehouse` command. */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { connectStore } from '../adapters/kysely/connect.ts'

const USAGE = `Usage:
  fastify-gatehouse secret                             print a new secret for the option \`secret\`
  fastify-gatehouse migrate --database URL             create the tables, or bring them up to date
                            [--table-prefix auth_]`

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = { secret, migrate }

async function secret(): Promise<void> {
  console.log(randomBytes(48).toString('base64url'))
}

async function migrate(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { database: { type: 'string' }, 'table-prefix': { type: 'string' } } })
  if (values.database === undefined) throw new Error('`--database URL` says which database to bring up to date')
  const store = await connectStore(values.database, {
    postgres: { prepare: false, listen: false },
    log: { error: (_object: object, message: string) => console.error(message) },
    ...(values['table-prefix'] !== undefined && { tablePrefix: values['table-prefix'] })
  })
  try {
    await store.open({ migrate: true })
    console.log('The tables are up to date.')
  } finally {
    await store.close()
  }
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  console.error(USAGE)
  process.exitCode = 1
} else {
  await command(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
