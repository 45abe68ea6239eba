import type { Migration } from './migration.ts'

export const accounts: Migration = async ({ schema }, { types }) => {
  await schema
    .createTable('auth_users')
    .addColumn('id', types.id, (column) => column.primaryKey())
    .addColumn('email', 'text')
    .addColumn('email_key', types.key)
    .addColumn('email_verified_at', types.instant)
    .addColumn('username', 'text')
    .addColumn('username_key', types.key)
    .addColumn('password_hash', 'text')
    .addColumn('fields', types.json, (column) => column.notNull())
    .addColumn('session_epoch', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('disabled_at', types.instant)
    .addColumn('created_at', types.instant, (column) => column.notNull())
    .addColumn('updated_at', types.instant, (column) => column.notNull())
    .addUniqueConstraint('auth_users_email_key_unique', ['email_key'])
    .addUniqueConstraint('auth_users_username_key_unique', ['username_key'])
    .execute()

  await schema
    .createTable('auth_sessions')
    .addColumn('id', types.id, (column) => column.primaryKey())
    .addColumn('user_id', types.id, (column) => column.notNull().references('auth_users.id').onDelete('cascade'))
    .addColumn('secret_digest', 'text', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('replays', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('rotated_at', types.instant, (column) => column.notNull())
    .addColumn('idle_expires_at', types.instant, (column) => column.notNull())
    .addColumn('expires_at', types.instant, (column) => column.notNull())
    .addColumn('ended_at', types.instant)
    .addColumn('end_reason', 'text')
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('created_at', types.instant, (column) => column.notNull())
    .execute()

  await schema.createIndex('auth_sessions_user_id').on('auth_sessions').column('user_id').execute()
}
