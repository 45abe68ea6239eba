import type { Migration } from './migration.ts'

export const browserSessions: Migration = async ({ schema }, { types }) => {
  await schema
    .alterTable('auth_sessions')
    .addColumn('remember', types.flag, (column) => column.notNull().defaultTo(true))
    .execute()

  // No foreign key: deleting a user must hide none of their sessions from the processes that look here.
  await schema
    .createTable('auth_ended_sessions')
    .addColumn('sid', types.id, (column) => column.primaryKey())
    .addColumn('ended_at', types.instant, (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('auth_ended_sessions_ended_at').on('auth_ended_sessions').column('ended_at').execute()
}
