/** How values go into columns and come back. Reading takes whatever a driver answers, since a host's parsers differ. */
import type { UserRecord } from '../../store/index.ts'
import type { Flag, Instant, Json, Whole } from './tables.ts'

/** What makes an address or a username one and the same: only A-Z fold, so look-alikes of Unicode stay apart. */
export function key(text: string): string
export function key(text: string | null): string | null
export function key(text: string | null): string | null {
  return text === null ? null : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** No user and no session has this id. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

/** The id to look for. A malformed one finds nothing, where PostgreSQL would refuse the statement. */
export function knownId(id: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : NOBODY
}

export function instant(stored: Instant): Date {
  return stored instanceof Date ? stored : new Date(typeof stored === 'bigint' ? Number(stored) : stored)
}

export function optionalInstant(stored: Instant | null): Date | null {
  return stored === null ? null : instant(stored)
}

export function whole(stored: Whole): number {
  return Number(stored)
}

export function flag(stored: Flag): boolean {
  return Boolean(stored)
}

export function json(stored: Json): Readonly<Record<string, unknown>> {
  return typeof stored === 'string' ? JSON.parse(stored) : stored
}

export const userColumns = [
  'id',
  'email',
  'email_verified_at',
  'username',
  'fields',
  'session_epoch',
  'disabled_at',
  'created_at',
  'updated_at'
] as const

/** The same columns where the table is joined as `u`. */
export const joinedUserColumns = userColumns.map((column) => `u.${column}` as const)

export interface UserRow {
  readonly id: string
  readonly email: string | null
  readonly email_verified_at: Instant | null
  readonly username: string | null
  readonly fields: Json
  readonly session_epoch: Whole
  readonly disabled_at: Instant | null
  readonly created_at: Instant
  readonly updated_at: Instant
}

export function userRecord(row: UserRow): UserRecord {
  return {
    id: row.id,
    email: row.email,
    emailVerifiedAt: optionalInstant(row.email_verified_at),
    username: row.username,
    fields: json(row.fields),
    sessionEpoch: whole(row.session_epoch),
    disabledAt: optionalInstant(row.disabled_at),
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at)
  }
}
