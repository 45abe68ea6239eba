import { type Kysely, sql } from 'kysely'
import type { NewUser } from '../../store/index.ts'
import { userColumns } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Given, prepare } from './statement.ts'
import type { Database } from './tables.ts'

interface NewRow extends Omit<NewUser, 'fields'> {
  readonly emailKey: string | null
  readonly usernameKey: string | null
  readonly fields: string
  readonly now: Date | null
}

interface ChangedRow {
  readonly id: string
  readonly username: string | null
  readonly usernameKey: string | null
  readonly fields: string
  readonly now: Date | null
}

/** Every statement about users, compiled. */
export function userStatements(db: Kysely<Database>, dialect: Dialect) {
  const users = db.selectFrom('auth_users').select(userColumns)
  const credentials = users.select('password_hash')
  const nextEpoch = sql<number>`session_epoch + 1`

  return {
    insert: prepare((given: Given<NewRow>) => {
      const now = dialect.now(given.now)
      return db
        .insertInto('auth_users')
        .values({
          id: given.id,
          email: given.email,
          email_key: given.emailKey,
          username: given.username,
          username_key: given.usernameKey,
          password_hash: given.passwordHash,
          fields: given.fields,
          session_epoch: 0,
          created_at: now,
          updated_at: now
        })
        .returning(userColumns)
    }),
    credentialByEmail: prepare((given: Given<{ key: string }>) => credentials.where('email_key', '=', given.key)),
    credentialByUsername: prepare((given: Given<{ key: string }>) => credentials.where('username_key', '=', given.key)),
    find: prepare((given: Given<{ id: string }>) => users.where('id', '=', given.id)),
    findByUsername: prepare((given: Given<{ key: string }>) => users.where('username_key', '=', given.key)),
    lock: prepare((given: Given<{ id: string }>) => dialect.forUpdate(users.where('id', '=', given.id))),
    change: prepare((given: Given<ChangedRow>) =>
      db
        .updateTable('auth_users')
        .set({
          username: given.username,
          username_key: given.usernameKey,
          fields: given.fields,
          updated_at: dialect.now(given.now)
        })
        .where('id', '=', given.id)
        .returning(userColumns)
    ),
    rehash: prepare((given: Given<{ id: string; oldHash: string; newHash: string }>) =>
      // PW10: conditional on the old hash, so that it cannot undo a password changed meanwhile.
      db
        .updateTable('auth_users')
        .set({ password_hash: given.newHash })
        .where('id', '=', given.id)
        .where('password_hash', '=', given.oldHash)
    ),
    setPassword: prepare((given: Given<{ id: string; hash: string; now: Date | null }>) =>
      db
        .updateTable('auth_users')
        .set({ password_hash: given.hash, session_epoch: nextEpoch, updated_at: dialect.now(given.now) })
        .where('id', '=', given.id)
    ),
    disable: prepare((given: Given<{ id: string; now: Date | null }>) => {
      const now = dialect.now(given.now)
      return db
        .updateTable('auth_users')
        .set({ disabled_at: now, session_epoch: nextEpoch, updated_at: now })
        .where('id', '=', given.id)
        .where('disabled_at', 'is', null)
    }),
    enable: prepare((given: Given<{ id: string; now: Date | null }>) =>
      db
        .updateTable('auth_users')
        .set({ disabled_at: null, updated_at: dialect.now(given.now) })
        .where('id', '=', given.id)
        .where('disabled_at', 'is not', null)
    ),
    delete: prepare((given: Given<{ id: string }>) => db.deleteFrom('auth_users').where('id', '=', given.id))
  }
}
