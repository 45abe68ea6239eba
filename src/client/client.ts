import type { AuthClientError } from './error.ts'
import { watchExpiry } from './expiry.ts'
import { createFetch } from './fetch.ts'
import { keepIn } from './keep.ts'
import { createRefresh } from './refresh.ts'
import { connectServer } from './server.ts'
import { holdSessions, type Session, type SessionAnswer } from './session.ts'
import type {
  AuthClientOptions,
  PasswordChange,
  SignedOutReason,
  SignInInput,
  SignUpInput,
  SignUpOutcome,
  User
} from './shapes.ts'

export interface AuthClient<U extends User = User> {
  /** Who is signed in, as the server last said. */
  readonly user: U | null
  /**
   * Whether somebody is signed in: asks the server where this tab cannot know. A device that slept through an access
   * token's life wakes up signed in. Throws only where nothing is known and the server cannot be asked.
   */
  ready(): Promise<boolean>
  signUp(input: SignUpInput): Promise<SignUpOutcome<U>>
  signIn(input: SignInInput): Promise<U>
  /**
   * Tokens that this client holds are gone whatever the server answers; cookies only the server can clear, and when it
   * cannot be reached this throws and the session stays, as it does for `everywhere`.
   */
  signOut(options?: { readonly everywhere?: boolean }): Promise<void>
  /** Every session of the user ends; this client goes on with the new one. */
  changePassword(input: PasswordChange): Promise<U>
  /**
   * `fetch` with the session. An expired access token is refreshed and the request sent again; the 401 that is
   * answered after that is the server's last word. Throws an `AuthClientError` when the session stands and cannot be
   * refreshed now.
   */
  readonly fetch: typeof fetch
  /** Calls back whenever the session begins, goes on or ends; the answer stops that. */
  subscribe(listener: (user: U | null) => void): () => void
  /** Ends timers and listening, not the session. */
  close(): void
}

export function createAuthClient<U extends User = User>(options: AuthClientOptions<U> = {}): AuthClient<U> {
  const {
    url: address = '/auth',
    keep: place = 'memory',
    origins = [],
    onSignedIn,
    onSignedOut,
    fetch = (input, init) => globalThis.fetch(input, init)
  } = options
  const url = address.replace(/\/+$/, '')
  const name = `gatehouse ${url}`
  const originOf = (request: Request) => new URL(request.url).origin

  const listeners = new Set<(user: U | null) => void>()

  const keep = keepIn(place, name)
  const hasJar = keep.sharedBy === 'jar'
  const sessions = holdSessions(keep, name, changed)
  const call = connectServer(url, keep, fetch)
  const refresh = createRefresh(keep, sessions, call)
  const expiry = watchExpiry(() => refresh(sessions.current()))
  expiry.follow(sessions.current())

  /** The server's answer is the host's own `User`: nothing here checks its fields. */
  const user = () => (sessions.current()?.user ?? null) as U | null

  function changed(now: Session | null, before: Session | null, reason: SignedOutReason): void {
    expiry.follow(now)
    // Later: what a callback throws is not the refresh's failure.
    queueMicrotask(() => {
      if (now?.user.id !== before?.user.id) {
        if (now) onSignedIn?.(now.user as U)
        else onSignedOut?.(reason)
      }
      for (const listener of listeners) listener(user())
    })
  }

  /** In turn with the refreshes, whose cookies would replace the new ones. Null while an address waits for its proof. */
  const open = (path: string, body: object, session?: Session | null): Promise<U | null> =>
    sessions.inTurn(async () => {
      const told = await call<SessionAnswer & { status: string }>(path, body, session)
      if (told?.status === 'check_email') return null
      sessions.hold(told)
      return user()
    })

  return {
    get user() {
      return user()
    },
    async ready() {
      const session = sessions.current()
      if (session && expiry.isOver()) await refresh(session).catch(() => session)
      if (!session && hasJar) {
        // Asks before it rotates: a page that is left at once would lose the answer, and most loads need none.
        const found = keep.transport === 'cookie' && (await call<User>('/me').catch(nobodyOn401))
        if (found) sessions.hold({ user: found as User })
        else await refresh(session)
      }
      return !!user()
    },
    async signUp(input) {
      const user = await open('/signup', input)
      return user ? { outcome: 'signed-in', user } : { outcome: 'check-email' }
    },
    signIn: (input) => open('/login', input) as Promise<U>,
    async signOut({ everywhere } = {}) {
      const session = sessions.current()
      const drop = () => sessions.drop('logout')
      const leave = () => call('/logout', { refreshToken: session?.refreshToken })
      if (everywhere) await call('/logout-all', {}, await refresh(session)).then(drop)
      else if (hasJar) await sessions.inTurn(() => leave().then(drop))
      else {
        drop()
        await leave()
      }
    },
    changePassword: async (input) => open('/change-password', input, await refresh(sessions.current())) as Promise<U>,
    fetch: createFetch(keep, sessions, expiry, refresh, fetch, (request) =>
      [originOf(new Request(url)), ...origins].includes(originOf(request))
    ),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      sessions.close()
      expiry.close()
    }
  }
}

function nobodyOn401(error: AuthClientError): void {
  if (error.status !== 401) throw error
}
