/** `fetch` with the session, and once more with a fresh one where the first try met an expired access token. */
import type { Told } from './error.ts'
import type { Expiry } from './expiry.ts'
import { parseJson } from './json.ts'
import type { Keep } from './keep.ts'
import { FETCH_REPEATS } from './limits.ts'
import type { Refresh } from './refresh.ts'
import { authorized } from './server.ts'
import type { Session, Sessions } from './session.ts'

type Fetch = typeof globalThis.fetch

/** Requests for origins that may not know the session go out as they are. */
export function createFetch(
  { transport }: Keep,
  sessions: Sessions,
  expiry: Expiry,
  refresh: Refresh,
  fetch: Fetch,
  mayKnow: (request: Request) => boolean
): Fetch {
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : new Request(input)
    if (!mayKnow(request)) return fetch(input, init)

    const send = (session: Session | null) =>
      fetch(request === input ? request.clone() : request.url, {
        ...init,
        headers: authorized(session, init.headers ?? request.headers),
        ...(transport === 'cookie' && { credentials: 'include' })
      })

    // A body that is a stream cannot be sent again; every fetch wants this word beside one.
    const isStream = 'duplex' in init
    let failure: unknown
    let session = sessions.current()
    if (session && (isStream ? expiry.isDue() : expiry.isOver())) {
      // The token may be good all the same, clocks being what they are: only the server's 401 says that it is not.
      session = await refresh(session).catch((error) => {
        failure = error
        return sessions.current()
      })
    }

    for (let tries = 1; ; tries++) {
      const response = await send(session)
      if (response.status !== 401 || tries > FETCH_REPEATS || (!session && transport === 'bearer')) return response
      // A wrong password is not about the session, nor is a proxy's page. A host with its own wording of errors still
      // sends the header of RFC 6750, section 3.
      const told = parseJson<Told | null>(await response.clone().text())
      const signs = `${told?.code} ${response.headers.get('www-authenticate')}`
      if (!/^AUTH_(ACCESS_TOKEN_|SESSION_ENDED)|"invalid_token"/.test(signs)) return response
      if (failure) throw failure
      session = await refresh(session, told?.reason)
      if (!session || isStream) return response
      await response.body?.cancel()
    }
  }
}
