/** What the house tells its owner: names and typed payloads. */
import { EventEmitter } from 'node:events'

/** Where a call came from. */
export interface Caller {
  readonly ip: string | null
  readonly userAgent: string | null
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
  /** A refresh token was used again within the grace, by a retry or another tab; from a stranger's address it deserves a look. */
  readonly 'refresh-replayed': AuthEvent
  /** A used refresh token came back after the grace: its session was ended. */
  readonly 'refresh-reused': AuthEvent
  /** One event per session that ended on request. */
  readonly logout: AuthEvent
  /** Every session of the user ended with it. */
  readonly 'password-changed': AuthEvent
  readonly 'email-verified': AuthEvent
  /** Every session of the user ended with it, but the one that asked. */
  readonly 'email-changed': AuthEvent
  readonly 'user-disabled': AuthEvent
  readonly 'user-deleted': AuthEvent
  /** A letter could not be sent in eight attempts. */
  readonly 'mail-abandoned': AuthEvent
}

export type AuthEventName = keyof AuthEvents

export interface EventFeed {
  /** Calls the listener after each such event, until the function that is returned is called. */
  on<Name extends AuthEventName>(name: Name, listener: (event: AuthEvents[Name]) => unknown): () => void
}

export interface Events extends EventFeed {
  emit(name: AuthEventName, event: Omit<AuthEvent, 'at'>): void
}

export interface EventSettings {
  readonly clock: () => number
  /** A listener's failure is its own: it is told here and reaches no request. */
  readonly onListenerError: (error: unknown, name: AuthEventName) => void
}

export function createEvents({ clock, onListenerError }: EventSettings): Events {
  const emitter = new EventEmitter().setMaxListeners(0)
  return {
    on(name, listener) {
      const call = async (event: AuthEvents[typeof name]) => {
        try {
          await listener(event)
        } catch (error) {
          onListenerError(error, name)
        }
      }
      emitter.on(name, call)
      return () => emitter.off(name, call)
    },
    emit(name, event) {
      if (emitter.listenerCount(name) > 0) emitter.emit(name, Object.freeze({ ...event, at: new Date(clock()) }))
    }
  }
}
