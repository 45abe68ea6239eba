/** Notifications of PostgreSQL: from a connection that stays, since a pool gives its connections to others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Client } from 'pg'
import type { EndedSessionStore } from '../../store/index.ts'
import type { Channel } from './channel.ts'
import { postgres } from './dialect/postgres.ts'
import { translated } from './failures.ts'
import type { Driver } from './pool.ts'
import { type Executor, prepare } from './statement.ts'
import type { Database } from './tables.ts'

const TIMEOUT_MS = 1_500
/** A peer that vanished without a word is found out by this, as nothing else is sent here. */
const KEEP_ALIVE_MS = 10_000

/** Before the speaker's name it only asks whether anybody hears. */
const HELLO = 'hello '

export interface Ear {
  readonly listen: NonNullable<EndedSessionStore['listen']>
  /** Ends every connection that still listens. */
  close(): Promise<void>
}

interface EarParts {
  readonly driver: Pick<Driver, 'Client'>
  readonly connectionString: string
  readonly channel: Channel
  readonly db: Kysely<Database>
  /** What notifications are sent through: not the connection that hears them, or it would hear itself through any pooler. */
  readonly executor: Executor
}

export function openEar({ driver, connectionString, channel, db, executor }: EarParts): Ear {
  const open = new Set<Client>()
  const notify = prepare(() => db.selectNoFrom(sql`pg_notify(${channel.name}, ${HELLO + channel.speaker})`.as('told')))

  /** A peer that does not answer any more is not waited for. */
  function stop(client: Client): Promise<void> {
    open.delete(client)
    return Promise.race([client.end(), sleep(TIMEOUT_MS, undefined, { ref: false })])
  }

  return {
    async listen({ wake, echo, lost }) {
      const client = new driver.Client({
        connectionString,
        application_name: 'fastify-gatehouse listening',
        connectionTimeoutMillis: TIMEOUT_MS,
        query_timeout: TIMEOUT_MS,
        keepAlive: true,
        keepAliveInitialDelayMillis: KEEP_ALIVE_MS
      })
      open.add(client)
      // Without a listener it would end the process; what matters is that the connection ends.
      client.on('error', () => {})
      client.on('notification', ({ payload = '' }) => {
        if (payload === HELLO + channel.speaker) echo()
        // Neither the hello of others, nor what was ended here, is news.
        else if (!payload.startsWith(HELLO) && payload !== channel.speaker) wake()
      })
      try {
        await client.connect()
        await client.query(`listen ${client.escapeIdentifier(channel.name)}`)
      } catch (error) {
        await stop(client)
        throw translated(error, postgres.failure)
      }
      client.once('end', () => {
        if (open.delete(client)) lost()
      })
      return {
        async notify() {
          await executor.run(notify, {})
        },
        stop: () => stop(client)
      }
    },

    async close() {
      await Promise.all([...open].map(stop))
    }
  }
}
