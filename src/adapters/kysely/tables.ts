/** The tables as they are in the database. Code says `auth_…`; the prefix and the schema come in when SQL is made. */
import { type ColumnType, type Kysely, type KyselyPlugin, OperationNodeTransformer, WithSchemaPlugin } from 'kysely'
import { DEFAULT_PREFIX, type Place } from './place.ts'

/** What drivers answer for an instant: their parsers differ, and a host may have set its own. */
export type Instant = Date | string | number | bigint
export type Whole = number | string | bigint
export type Json = string | Readonly<Record<string, unknown>>

type InstantColumn = ColumnType<Instant, Date, Date>
type NullableInstantColumn = ColumnType<Instant | null, Date | null, Date | null>
type WholeColumn = ColumnType<Whole, number, number>

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
  created_at: InstantColumn
}

export interface MigrationsTable {
  name: string
  /** ISO 8601. */
  timestamp: string
}

export interface Database {
  auth_users: UsersTable
  auth_sessions: SessionsTable
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
