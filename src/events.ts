/** What the house tells its owner: names and typed payloads. */
import { EventEmitter } from 'node:events'

/** Where a call came from. */
export interface Caller {
  readonly ip: string | null
  readonly userAgent: string | null
}

/** A header may be as long as all of them together may be. */
const LENGTH = 512

/** Nothing longer is told or kept, and nothing that a database would refuse. */
export function callerFrom({ ip, userAgent }: { readonly [Name in keyof Caller]?: Caller[Name] | undefined }): Caller {
  return { ip: kept(ip), userAgent: kept(userAgent) }
}

function kept(text: string | null | undefined): string | null {
  return text?.slice(0, LENGTH).toWellFormed().replaceAll('\0', '') ?? null
}

export interface AuthEvent extends Caller {
  readonly at: Date
  readonly userId: string | null
  readonly sessionId: string | null
}

export interface AuthEvents {
  /** The user exists. */
  readonly signup: AuthEvent
  /** A password was right and a session opened. */
  readonly login: AuthEvent
  /** `userId` is null for an unknown account. */
  readonly 'login-failed': AuthEvent
  /** The password was right and no session opened: the account is disabled, or its address unproven. */
  readonly 'login-refused': AuthEvent
  /** The password that a change of the account asks for was wrong: whoever has the session may not be its owner. */
  readonly 'password-failed': AuthEvent
  /** A refresh token was used again within the grace, by a retry or another tab; from a stranger's address it deserves a look. */
  readonly 'refresh-replayed': AuthEvent
  /** A used refresh token came back after the grace: its session was ended. */
  readonly 'refresh-reused': AuthEvent
  /** One event per session that ended on request. */
  readonly logout: AuthEvent
  /** One event per session that `sessions.endAll` ended. */
  readonly 'session-ended': AuthEvent
  /** Every session of the user ended with it. */
  readonly 'password-changed': AuthEvent
  readonly 'email-verified': AuthEvent
  /** Every session of the user ended with it, but the one that asked. */
  readonly 'email-changed': AuthEvent
  readonly 'user-disabled': AuthEvent
  readonly 'user-enabled': AuthEvent
  readonly 'user-deleted': AuthEvent
  /** A letter could not be sent in eight attempts. */
  readonly 'mail-abandoned': AuthEvent
}

export type AuthEventName = keyof AuthEvents

/** Somebody tried, whatever became of what they tried it for. */
export const FAILURES: ReadonlySet<AuthEventName> = new Set(['login-failed', 'login-refused', 'password-failed'])

/** An event as it is listed afterwards. */
export interface PastEvent extends AuthEvent {
  readonly name: AuthEventName
}

export interface EventFeed {
  /** Calls the listener after each such event, until the function that is returned is called. */
  on<Name extends AuthEventName>(name: Name, listener: (event: AuthEvents[Name]) => unknown): () => void
}

export type RecordEvent = (name: AuthEventName, event: AuthEvent) => void

export interface Events extends EventFeed {
  emit(name: AuthEventName, event: Omit<AuthEvent, 'at'>): void
  /** The same listeners; what happens is recorded elsewhere. */
  recordedBy(record: RecordEvent): Events
}

export interface EventSettings {
  readonly clock: () => number
  readonly record: RecordEvent
  /** A listener's failure is its own: it is told here and reaches no request. */
  readonly onListenerError: (error: unknown, name: AuthEventName) => void
}

export function createEvents({ clock, record, onListenerError }: EventSettings): Events {
  const emitter = new EventEmitter().setMaxListeners(0)

  const on: EventFeed['on'] = (name, listener) => {
    const call = async (event: AuthEvents[typeof name]) => {
      try {
        await listener(event)
      } catch (error) {
        onListenerError(error, name)
      }
    }
    emitter.on(name, call)
    return () => emitter.off(name, call)
  }

  const recordedBy = (record: RecordEvent): Events => ({
    on,
    emit(name, told) {
      const event: AuthEvent = Object.freeze({ ...told, at: new Date(clock()) })
      record(name, event)
      emitter.emit(name, event)
    },
    recordedBy
  })
  return recordedBy(record)
}
