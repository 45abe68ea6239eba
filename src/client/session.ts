/** The session that this tab goes by. Its store is the truth: each look reads it again, and each change is told once. */
import { AuthClientError } from './error.ts'
import { parseJson } from './json.ts'
import type { Keep } from './keep.ts'
import { COPIES_ANSWER_WITHIN } from './limits.ts'
import type { SignedOutReason, User } from './shapes.ts'
import { connectTabs, inTurn, pause } from './tabs.ts'

/** What the server answers when a session opens or goes on, as far as the transport lets a script see it. */
export interface SessionAnswer {
  readonly user: User
  readonly accessToken?: string
  readonly refreshToken?: string
  /** Seconds until the access token expires. */
  readonly expiresIn?: number
}

export interface Session extends SessionAnswer {
  /** The same in every tab that goes by this session. */
  readonly id: string
  /** Rises with each answer, whatever happens to the clock: of two copies, the higher is the newer. */
  readonly turn: number
  /** When the answer came, by this device's clock. */
  readonly receivedAt: number
}

export interface Sessions {
  current(): Session | null
  /** Throws for what is no session answer: the page of a captive portal is a 200 too. */
  hold(told: Partial<SessionAnswer> | null | undefined): void
  drop(reason: SignedOutReason): void
  /** Tells duplicated tabs what this one goes by, and gives them the time to say what they have newer. */
  askCopies(): Promise<void>
  /** One at a time over all tabs of this session; others do not wait for it. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  close(): void
}

interface Message {
  readonly about: string
  /** Another tab's session; where both read the same store, they look there. */
  readonly session: Session | null
  readonly reason?: SignedOutReason | undefined
}

export function holdSessions(
  { store, sharedBy, transport }: Keep,
  name: string,
  onChange: (now: Session | null, before: Session | null, reason: SignedOutReason) => void
): Sessions {
  const ownId = sharedBy === 'jar' ? sharedBy : `${Math.random()}`
  let kept = store.read()
  let session = parse(kept)
  let tabs = sharedBy === 'nothing' ? undefined : connectTabs<Message>(name, hear)
  const id = () => session?.id ?? ownId

  function look(reason: SignedOutReason = 'logout'): Session | null {
    const found = store.read()
    if (found === kept) return session
    const before = session
    kept = found
    session = parse(found)
    onChange(session, before, reason)
    return session
  }

  function write(next: Session | null, reason?: SignedOutReason): void {
    store.write(next && JSON.stringify(next))
    look(reason)
  }

  function announce(about = id(), reason?: SignedOutReason): void {
    tabs?.postMessage({ about, session: sharedBy === 'store' ? null : session, reason })
  }

  function hear({ about, session: told, reason }: Message): void {
    if (sharedBy === 'store') look(reason)
    else if (about === id()) {
      if (!told || !session || told.turn > session.turn) write(told, reason)
      else if (sharedBy === 'copy' && told.turn < session.turn) announce()
    }
  }

  return {
    current: look,
    hold(told) {
      const { user, accessToken } = told ?? {}
      if (!user || !(accessToken || transport === 'cookie')) throw new AuthClientError(200)
      const receivedAt = Date.now()
      write({ ...told, user, id: id(), turn: Math.max(receivedAt, (session?.turn ?? 0) + 1), receivedAt })
      // A session that was only looked up is no news to the tab that refreshed it.
      if (told?.expiresIn) announce()
    },
    drop(reason) {
      const about = id()
      write(null, reason)
      announce(about, reason)
    },
    async askCopies() {
      if (sharedBy !== 'copy') return
      announce()
      await pause(COPIES_ANSWER_WITHIN)
    },
    inTurn: (work) => inTurn(`${name} ${id()}`, work),
    close() {
      tabs?.close()
      tabs = undefined
    }
  }
}

function parse(kept: string | null): Session | null {
  const session = parseJson<Session | null>(kept ?? '')
  return session?.user ? session : null
}
