/** Speaks to the auth server's own routes. */
import { AuthClientError, type Told } from './error.ts'
import { parseJson } from './json.ts'
import type { Keep } from './keep.ts'
import { ANSWER_WITHIN } from './limits.ts'
import type { Session } from './session.ts'

/** Answers the body of a good answer and throws any other. A body makes it a POST; `session` says whose token goes along. */
export type CallServer = <T>(
  path: string,
  body?: object,
  session?: Session | null
) => Promise<Partial<T> | null | undefined>

export function connectServer(base: string, { transport }: Keep, fetch: typeof globalThis.fetch): CallServer {
  return async <T>(path: string, body?: object, session: Session | null = null) => {
    const response = await fetch(base + path, {
      method: body ? 'POST' : 'GET',
      headers: authorized(session, { 'auth-transport': transport, 'content-type': 'application/json' }),
      body: JSON.stringify(body),
      ...(transport !== 'bearer' && { credentials: 'include' }),
      // The browser takes in a rotated cookie even when the page is gone before the answer.
      keepalive: true,
      signal: AbortSignal.timeout(ANSWER_WITHIN)
    }).catch(unreachable)
    const told = parseJson<Partial<T & Told> | null>(await response.text().catch(unreachable))
    if (response.ok) return told
    throw new AuthClientError(response.status, told, Number(response.headers.get('retry-after')) || 0)
  }
}

/** Adds the access token where the session has one in sight. */
export function authorized(session: Session | null, init: ConstructorParameters<typeof Headers>[0]): Headers {
  const headers = new Headers(init)
  if (session?.accessToken) headers.set('authorization', `Bearer ${session.accessToken}`)
  return headers
}

function unreachable(cause: unknown): never {
  throw new AuthClientError(0, {}, 0, cause)
}
