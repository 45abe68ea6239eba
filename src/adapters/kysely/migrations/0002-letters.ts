import type { Migration } from './migration.ts'

export const letters: Migration = async ({ schema }, { types }) => {
  await schema
    .alterTable('auth_users')
    .addColumn('credential_version', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()

  await schema
    .createTable('auth_one_time_tokens')
    .addColumn('id', types.id, (column) => column.primaryKey())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('user_id', types.id, (column) => column.references('auth_users.id').onDelete('cascade'))
    .addColumn('email_key', types.key)
    .addColumn('credential_version', 'integer')
    .addColumn('payload', types.json)
    .addColumn('created_at', types.instant, (column) => column.notNull())
    .addColumn('expires_at', types.instant)
    .addColumn('used_at', types.instant)
    .execute()
  await schema.createIndex('auth_one_time_tokens_user_id').on('auth_one_time_tokens').column('user_id').execute()
  // In order of time: of any number of sign-ups for one address the newest are found at once.
  await schema
    .createIndex('auth_one_time_tokens_email_key')
    .on('auth_one_time_tokens')
    .columns(['email_key', 'created_at', 'id'])
    .execute()

  // No foreign key: the letter that tells of a deletion is sent when the user is gone.
  await schema
    .createTable('auth_outbox')
    .addColumn('id', types.id, (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('address_digest', 'text', (column) => column.notNull())
    .addColumn('user_id', types.id)
    .addColumn('session_id', types.id)
    .addColumn('epoch', 'integer')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', types.instant, (column) => column.notNull())
    .addColumn('due_at', types.instant, (column) => column.notNull())
    .addColumn('leased_until', types.instant)
    .addColumn('closed_at', types.instant)
    .addColumn('outcome', 'text')
    .execute()
  await schema.createIndex('auth_outbox_due').on('auth_outbox').columns(['closed_at', 'due_at', 'id']).execute()
  await schema.createIndex('auth_outbox_address_digest').on('auth_outbox').column('address_digest').execute()
}
