/**
 * Who is signed in: the one place that holds tokens. They live in memory, and in sessionStorage so that a reload keeps them.
 */
const KEY = 'gatehouse.session'

/** What the server, or the lack of an answer, said no with. */
export class Refusal extends Error {
  constructor(status, { code, message, reason }) {
    super(message)
    this.status = status
    this.code = code
    this.reason = reason
  }
}

/**
 * `onChange(session, refusal)` hears of each session that opens, goes on or ends (null), and what ended it if it was not
 * the user; `onExchange(exchange)` of each request with its answer.
 */
export function createSession({ onChange, onExchange }) {
  let held = JSON.parse(sessionStorage.getItem(KEY))
  let refreshing = null

  // A duplicated tab starts with a copy of the tokens. If each kept its own, the second to refresh would be taken for a thief.
  const tabs = new BroadcastChannel(KEY)
  tabs.onmessage = ({ data: { replaced, tokens } }) => {
    if (held?.refreshToken === replaced) hold(tokens)
  }

  function hold(tokens, refusal) {
    held = tokens
    if (tokens) sessionStorage.setItem(KEY, JSON.stringify(tokens))
    else sessionStorage.removeItem(KEY)
    onChange(held, refusal)
  }

  /** Only these two say that the session is over. A server that is down, or busy, says nothing about it. */
  function isOver(path, { code }) {
    return code === 'AUTH_SESSION_ENDED' || (code === 'AUTH_REFRESH_TOKEN_INVALID' && path === '/auth/refresh')
  }

  async function exchange(method, path, { body, accessToken } = {}) {
    const presented = held
    const request = { method, path, body, authorization: accessToken && `Bearer ${accessToken}` }
    try {
      const { status, data } = await send(request)
      onExchange({ request, status, data })
      if (status < 400) return data
      throw new Refusal(status, data ?? {})
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'NO_ANSWER', message: error.message })
      if (refusal.code === 'NO_ANSWER') onExchange({ request, status: 0, data: null })
      // An answer to somebody who left meanwhile says nothing about who is here now.
      if (presented && presented === held && isOver(path, refusal)) hold(null, refusal)
      throw refusal
    }
  }

  async function rotate() {
    const presented = held
    const answer = await exchange('POST', '/auth/refresh', { body: { refreshToken: presented.refreshToken } })
    if (held !== presented) return
    hold(tokensOf(answer))
    tabs.postMessage({ replaced: presented.refreshToken, tokens: held })
  }

  /** One at a time: whoever asks while one is under way waits for the same. */
  function refresh() {
    refreshing ??= rotate().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  return {
    get current() {
      return held
    },
    refresh,

    /** Calls a route as the user. An expired access token is renewed, and the call made again, once. */
    async call(method, path, body) {
      const presented = held
      try {
        return await exchange(method, path, { body, accessToken: held?.accessToken })
      } catch (refusal) {
        if (refusal.code !== 'AUTH_ACCESS_TOKEN_EXPIRED') throw refusal
        if (held === presented) await refresh()
        return exchange(method, path, { body, accessToken: held?.accessToken })
      }
    },

    async open(path, body) {
      const answer = await exchange('POST', path, { body })
      hold(tokensOf(answer))
      return answer.user
    },

    async signOut() {
      await exchange('POST', '/auth/logout', { body: { refreshToken: held.refreshToken } })
      hold(null)
    },

    async signOutEverywhere() {
      await this.call('POST', '/auth/logout-all')
      hold(null)
    }
  }
}

function tokensOf({ accessToken, refreshToken, expiresIn }) {
  // By this clock alone, which may differ from the server's.
  return { accessToken, refreshToken, expiresIn, expiresAt: Date.now() + expiresIn * 1000 }
}

async function send({ method, path, body, authorization }) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(authorization && { authorization })
    },
    ...(body && { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, data: text === '' ? null : JSON.parse(text) }
}
