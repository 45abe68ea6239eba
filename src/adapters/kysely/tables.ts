/** The tables as they are in the database. Code says `auth_…`; the prefix and the schema come in when SQL is made. */
import { type ColumnType, type Kysely, type KyselyPlugin, OperationNodeTransformer, WithSchemaPlugin } from 'kysely'
import type { LetterName } from '../../store/index.ts'
import { DEFAULT_PREFIX, type Place } from './place.ts'

/** What drivers answer for an instant: their parsers differ, and a host may have set its own. */
export type Instant = Date | string | number | bigint
export type Whole = number | string | bigint
export type Json = string | Readonly<Record<string, unknown>>
export type Flag = boolean | number | bigint

type InstantColumn = ColumnType<Instant, Date, Date>
type NullableInstantColumn = ColumnType<Instant | null, Date | null, Date | null>
type WholeColumn = ColumnType<Whole, number, number>
type NullableWholeColumn = ColumnType<Whole | null, number | null, number | null>

export interface UsersTable {
  id: string
  email: string | null
  /** The address with A-Z lower-cased: what is unique and what is looked up. */
  email_key: string | null
  email_verified_at: NullableInstantColumn
  username: string | null
  username_key: string | null
  password_hash: string | null
  fields: ColumnType<Json, string, string>
  session_epoch: WholeColumn
  /** Moves with every change of the password or the address: one-time tokens from before are dead (EM4). */
  credential_version: ColumnType<Whole, number | undefined, number>
  disabled_at: NullableInstantColumn
  created_at: InstantColumn
  updated_at: InstantColumn
}

export interface SessionsTable {
  id: string
  user_id: string
  secret_digest: string
  generation: WholeColumn
  /** How often the generation before the current one was presented again within its grace. */
  replays: WholeColumn
  epoch: WholeColumn
  rotated_at: InstantColumn
  idle_expires_at: InstantColumn
  expires_at: InstantColumn
  ended_at: NullableInstantColumn
  end_reason: string | null
  ip: string | null
  user_agent: string | null
  /** Whether a browser keeps it when it closes. */
  remember: ColumnType<Flag, boolean, boolean>
  created_at: InstantColumn
}

/** What the other processes look for; rows outlive the session's own. */
export interface EndedSessionsTable {
  sid: string
  ended_at: InstantColumn
  reason: string
}

/** What a one-time token is good for. */
export type Purpose = 'email-verification' | 'password-reset' | 'email-change'

/** A secret that is used once: the secret itself is nowhere, it is made of the id when its letter is sent (EM1). */
export interface OneTimeTokensTable {
  /** The id of its letter too. */
  id: string
  purpose: Purpose
  /** Null for a sign-up that waits for the proof of its address. */
  user_id: string | null
  /** Of the user when the letter was handed over, or of the sign-up. */
  email_key: string | null
  credential_version: NullableWholeColumn
  /** The sign-up that waits, or the address to move to. */
  payload: ColumnType<Json | null, string | null, string | null>
  created_at: InstantColumn
  /** Null until the letter is handed over. */
  expires_at: NullableInstantColumn
  used_at: NullableInstantColumn
}

export interface OutboxTable {
  id: string
  name: LetterName
  address: string
  address_digest: string
  user_id: string | null
  session_id: string | null
  epoch: WholeColumn | null
  attempts: WholeColumn
  created_at: InstantColumn
  due_at: InstantColumn
  /** Until then it is the business of the process that claimed it. */
  leased_until: NullableInstantColumn
  closed_at: NullableInstantColumn
  outcome: 'sent' | 'moot' | 'abandoned' | null
}

export interface EventsTable {
  id: string
  name: string
  user_id: string
  session_id: string | null
  ip: string | null
  user_agent: string | null
  at: InstantColumn
}

export interface MigrationsTable {
  name: string
  /** ISO 8601. */
  timestamp: string
}

export interface Database {
  auth_users: UsersTable
  auth_sessions: SessionsTable
  auth_ended_sessions: EndedSessionsTable
  auth_one_time_tokens: OneTimeTokensTable
  auth_outbox: OutboxTable
  auth_events: EventsTable
  auth_migrations: MigrationsTable
}

/** The host's Kysely as ours: without its plugins, which may rename columns (CamelCasePlugin does). */
export function ownTables(host: object, { schema, tablePrefix }: Place): Kysely<Database> {
  // The one cast: what the host's type parameter says is about its own tables.
  const db = (host as Kysely<Database>).withoutPlugins()
  const prefixed = tablePrefix === DEFAULT_PREFIX ? db : db.withPlugin(prefixPlugin(tablePrefix))
  return schema === undefined ? prefixed : prefixed.withPlugin(new WithSchemaPlugin(schema))
}

/** Every name of ours in the database: one by one, since a prefix may itself begin with `auth_`, and so may a schema. */
const names: ReadonlySet<string> = new Set([
  'auth_users',
  'auth_users_email_key_unique',
  'auth_users_username_key_unique',
  'auth_sessions',
  'auth_sessions_user_id',
  'auth_ended_sessions',
  'auth_ended_sessions_ended_at',
  'auth_one_time_tokens',
  'auth_one_time_tokens_user_id',
  'auth_one_time_tokens_email_key',
  'auth_outbox',
  'auth_outbox_due',
  'auth_outbox_address_digest',
  'auth_events',
  'auth_events_user_id_at',
  'auth_migrations'
])

/** The name that a table, an index or a constraint of ours has in the database. */
export function nameInDatabase(name: string, tablePrefix: string): string {
  return names.has(name) ? tablePrefix + name.slice(DEFAULT_PREFIX.length) : name
}

function prefixPlugin(tablePrefix: string): KyselyPlugin {
  const transformer = new PrefixTransformer(tablePrefix)
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result
  }
}

/** A class because that is how Kysely's transformers are made. */
class PrefixTransformer extends OperationNodeTransformer {
  readonly #tablePrefix: string

  constructor(tablePrefix: string) {
    super()
    this.#tablePrefix = tablePrefix
  }

  protected override transformIdentifier(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformIdentifier']>
  ): ReturnType<OperationNodeTransformer['transformIdentifier']> {
    const identifier = super.transformIdentifier(node, queryId)
    return { ...identifier, name: nameInDatabase(identifier.name, this.#tablePrefix) }
  }
}
