import { isDeepStrictEqual } from 'node:util'
import type { Kysely } from 'kysely'
import type { Identifier, UserChange, UserRecord, UserStore } from '../../store/index.ts'
import { flag, key, knownId, NOBODY, type UserRow, userRecord } from './columns.ts'
import type { Dialect } from './dialect/dialect.ts'
import { endingOfSessions } from './ending.ts'
import { erasureOfUsers } from './erasure.ts'
import { takenColumn } from './failures.ts'
import { insertLetter, type LetterValues, letterValues } from './letter-changes.ts'
import { postingOfNotices } from './notices.ts'
import type { Executor, Given } from './statement.ts'
import type { Database } from './tables.ts'
import { insertUser, type NewRow, newRow, userStatements } from './user-statements.ts'

export function userShelf(db: Kysely<Database>, dialect: Dialect): (executor: Executor) => UserStore {
  const statements = userStatements(db, dialect)
  const insertAsking = dialect.together(
    db,
    (given: Given<NewRow & LetterValues>) => insertUser(db, dialect, given),
    (given) => insertLetter(db, dialect, given)
  )
  const endSessions = endingOfSessions(db, dialect)
  const post = postingOfNotices(db, dialect)
  const erase = erasureOfUsers(db, dialect)

  function lookUp(executor: Executor, identifier: Identifier) {
    if ('email' in identifier) return executor.run(statements.credentialByEmail, { key: key(identifier.email) })
    if ('id' in identifier) return executor.run(statements.credentialById, { id: knownId(identifier.id) })
    return executor.run(statements.credentialByUsername, { key: key(identifier.username) })
  }

  return (executor) =>
    ({
      async create(user, { letter, now = null } = {}) {
        const values = newRow(user, now)
        try {
          const [row] = letter
            ? await insertAsking(executor, { ...values, ...letterValues(letter, now) })
            : await executor.run(statements.insert, values)
          return done(row as UserRow)
        } catch (error) {
          return { outcome: takenOutcome[takenColumn(error)] }
        }
      },

      async credential(identifier) {
        const [row] = await lookUp(executor, identifier)
        if (row === undefined) return unknown
        return { outcome: 'found', credential: { user: userRecord(row), passwordHash: row.password_hash } }
      },

      async find(id) {
        const [row] = await executor.run(statements.find, { id: knownId(id) })
        return row === undefined ? unknown : done(row)
      },

      async findByUsername(username) {
        const [row] = await executor.run(statements.findByUsername, { key: key(username) })
        return row === undefined ? unknown : done(row)
      },

      async update(userId, change, at) {
        const id = knownId(userId)
        try {
          return await executor.transaction(async (transaction) => {
            const [before] = await transaction.run(statements.lock, { id })
            if (before === undefined) return unknown
            const user = userRecord(before)
            const { username, fields } = changed(user, change)
            if (username === user.username && isDeepStrictEqual(fields, user.fields)) return done(before)
            const values = { id, username, usernameKey: key(username), fields: JSON.stringify(fields) }
            const [after] = await transaction.run(statements.change, { ...values, now: at?.now ?? null })
            return done(after as UserRow)
          })
        } catch (error) {
          if (takenColumn(error) === 'username_key') return { outcome: 'username-taken' }
          throw error
        }
      },

      async rehash(id, oldHash, newHash) {
        await executor.run(statements.rehash, { id: knownId(id), oldHash, newHash })
      },

      changePassword({ id: userId, epoch, hash, sessionId = NOBODY }, { notice, now = null } = {}) {
        const id = knownId(userId)
        const values = { id, epoch, hash, sessionId: knownId(sessionId), now }
        return executor.transaction(async (transaction) => {
          const [row] = await transaction.run(statements.changePassword, values)
          if (row === undefined) return { outcome: 'refused' }
          const ended = await endSessions(transaction, id, 'password-changed', now)
          await post(transaction, notice, row, now)
          return { outcome: 'changed', user: userRecord(row), ended, remember: flag(row.remember) }
        })
      },

      setPassword(userId, hash, { notice, now = null } = {}) {
        const id = knownId(userId)
        return executor.transaction(async (transaction) => {
          const [row] = await transaction.run(statements.setPassword, { id, hash, now })
          if (row === undefined) return []
          await post(transaction, notice, row, now)
          return endSessions(transaction, id, 'password-changed', now)
        })
      },

      async setDisabled(userId, disabled, at) {
        const id = knownId(userId)
        const now = at?.now ?? null
        if (disabled) {
          return executor.transaction(async (transaction) => {
            await transaction.run(statements.disable, { id, now })
            return endSessions(transaction, id, 'disabled', now)
          })
        }
        await executor.run(statements.enable, { id, now })
        return []
      },

      delete(userId, { notice, now = null } = {}) {
        const id = knownId(userId)
        return executor.transaction(async (transaction) => {
          // Locked first, so that no sign-in opens a session between the count and the deletion.
          const [row] = await transaction.run(statements.lock, { id })
          if (row === undefined) return []
          const ended = await endSessions(transaction, id, 'deleted', now)
          await transaction.run(statements.delete, { id })
          await erase(transaction, row)
          await post(transaction, notice, row, now)
          return ended
        })
      }
    }) satisfies UserStore
}

const unknown = { outcome: 'unknown' } as const

function done(row: UserRow): { readonly outcome: 'done'; readonly user: UserRecord } {
  return { outcome: 'done', user: userRecord(row) }
}

const takenOutcome = { email_key: 'email-taken', username_key: 'username-taken' } as const

function changed({ username, fields }: UserRecord, change: UserChange): Pick<UserRecord, 'username' | 'fields'> {
  // A map, because an object would take the field `__proto__` for something else.
  const merged = new Map(Object.entries(fields))
  for (const [name, value] of Object.entries(change.fields ?? {})) {
    if (value === null) merged.delete(name)
    else if (value !== undefined) merged.set(name, value)
  }
  return {
    username: change.username === undefined ? username : change.username,
    fields: Object.fromEntries(merged)
  }
}
