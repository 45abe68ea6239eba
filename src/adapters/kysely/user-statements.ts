import { type Kysely, sql } from 'kysely'
import type { NewUser } from '../../store/index.ts'
import { key, userColumns } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { type Given, prepare } from './statement.ts'
import type { Database, Flag } from './tables.ts'

export interface NewRow extends Omit<NewUser, 'fields'> {
  readonly emailKey: string | null
  readonly usernameKey: string | null
  readonly fields: string
  readonly now: Date | null
}

export function newRow(user: NewUser, now: Date | null): NewRow {
  const keys = { emailKey: key(user.email), usernameKey: key(user.username) }
  return { ...user, ...keys, fields: JSON.stringify(user.fields), now }
}

interface NewPassword {
  readonly id: string
  readonly hash: string
  readonly now: Date | null
}

interface NewAddress {
  readonly id: string
  readonly email: string
  readonly emailKey: string
  readonly now: Date | null
}

interface ChangedRow {
  readonly id: string
  readonly username: string | null
  readonly usernameKey: string | null
  readonly fields: string
  readonly now: Date | null
}

/** Proven: whoever has the address has shown it already. */
export function insertUser(db: Kysely<Database>, dialect: Dialect, given: Given<NewRow>, proven = false) {
  const now = dialect.now(given.now)
  return db
    .insertInto('auth_users')
    .values({
      id: given.id,
      email: given.email,
      email_key: given.emailKey,
      email_verified_at: proven ? now : null,
      username: given.username,
      username_key: given.usernameKey,
      password_hash: given.passwordHash,
      fields: given.fields,
      session_epoch: 0,
      created_at: now,
      updated_at: now
    })
    .returning(userColumns)
}

/** Every statement about users, compiled. */
export function userStatements(db: Kysely<Database>, dialect: Dialect) {
  const users = db.selectFrom('auth_users').select(userColumns)
  const credentials = users.select('password_hash')
  const nextEpoch = { session_epoch: sql<number>`session_epoch + 1` }
  const nextCredential = { ...nextEpoch, credential_version: sql<number>`credential_version + 1` }

  function change(given: Given<{ id: string; now: Date | null }>) {
    return db
      .updateTable('auth_users')
      .set({ updated_at: dialect.now(given.now) })
      .where('id', '=', given.id)
      .returning(userColumns)
  }
  function setPassword(given: Given<NewPassword>) {
    return change(given).set({ ...nextCredential, password_hash: given.hash })
  }
  function proven(given: Given<{ now: Date | null }>) {
    return { email_verified_at: sql<Date>`coalesce(email_verified_at, ${dialect.now(given.now)})` }
  }

  return {
    insert: prepare((given: Given<NewRow>) => insertUser(db, dialect, given)),
    insertProven: prepare((given: Given<NewRow>) => insertUser(db, dialect, given, true)),
    credentialByEmail: prepare((given: Given<{ key: string }>) => credentials.where('email_key', '=', given.key)),
    credentialByUsername: prepare((given: Given<{ key: string }>) => credentials.where('username_key', '=', given.key)),
    credentialById: prepare((given: Given<{ id: string }>) => credentials.where('id', '=', given.id)),
    find: prepare((given: Given<{ id: string }>) => users.where('id', '=', given.id)),
    findByUsername: prepare((given: Given<{ key: string }>) => users.where('username_key', '=', given.key)),
    lock: prepare((given: Given<{ id: string }>) => dialect.forUpdate(users.where('id', '=', given.id))),
    change: prepare((given: Given<ChangedRow>) =>
      change(given).set({ username: given.username, username_key: given.usernameKey, fields: given.fields })
    ),
    rehash: prepare((given: Given<{ id: string; oldHash: string; newHash: string }>) =>
      // PW10: conditional on the old hash, so that it cannot undo a password changed meanwhile.
      db
        .updateTable('auth_users')
        .set({ password_hash: given.newHash })
        .where('id', '=', given.id)
        .where('password_hash', '=', given.oldHash)
    ),
    setPassword: prepare(setPassword),
    changePassword: prepare((given: Given<NewPassword & { epoch: number; sessionId: string }>) =>
      setPassword(given)
        .where('session_epoch', '=', given.epoch)
        .where('disabled_at', 'is', null)
        .returning((eb) => {
          const session = eb
            .selectFrom('auth_sessions')
            .select('remember')
            .whereRef('user_id', '=', 'auth_users.id')
            .where('id', '=', given.sessionId)
          return eb.fn.coalesce(session, sql<Flag>`true`).as('remember')
        })
    ),
    resetPassword: prepare((given: Given<NewPassword>) => setPassword(given).set(proven(given))),
    proveAddress: prepare((given: Given<{ id: string; now: Date | null }>) => change(given).set(proven(given))),
    proveAnew: prepare((given: Given<{ id: string; now: Date | null }>) =>
      change(given).set({ ...nextCredential, ...proven(given) })
    ),
    /** Whoever has the address gets the user, and nobody's password. */
    handOver: prepare((given: Given<{ id: string; now: Date | null }>) =>
      change(given).set({ ...nextCredential, ...proven(given), password_hash: null })
    ),
    changeAddress: prepare((given: Given<NewAddress>) =>
      change(given).set({
        ...nextCredential,
        email: given.email,
        email_key: given.emailKey,
        email_verified_at: dialect.now(given.now)
      })
    ),
    disable: prepare((given: Given<{ id: string; now: Date | null }>) => {
      const now = dialect.now(given.now)
      return db
        .updateTable('auth_users')
        .set({ ...nextCredential, disabled_at: now, updated_at: now })
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
