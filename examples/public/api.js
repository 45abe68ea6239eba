/** Speaks to the server, in the name of whoever is signed in. */
import { AuthClientError, createAuthClient } from '/client/index.js'

export function connect(options) {
  const auth = createAuthClient({ keep: 'cookies', ...options })
  return {
    auth,

    /** Answers the body of a good answer, and throws any other as the client does for its own calls. */
    async call(method, path, body) {
      const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      const { ok, status, text } = await exchange(() => auth.fetch(path, { method, ...json }))
      const data = text === '' ? null : JSON.parse(text)
      if (!ok) throw new AuthClientError(status, data)
      return data
    }
  }
}

async function exchange(send) {
  try {
    const response = await send()
    return { ok: response.ok, status: response.status, text: await response.text() }
  } catch (error) {
    throw error instanceof AuthClientError ? error : new AuthClientError(0, null, 0, error)
  }
}
