import type { Migration } from './migration.ts'

export const events: Migration = async ({ schema }, { types }) => {
  // No foreign key: what happened to a user is asked when they are gone, too.
  await schema
    .createTable('auth_events')
    .addColumn('id', types.id, (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('user_id', types.id, (column) => column.notNull())
    .addColumn('session_id', types.id)
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('at', types.instant, (column) => column.notNull())
    .execute()
  await schema.createIndex('auth_events_user_id_at').on('auth_events').columns(['user_id', 'at']).execute()
}
