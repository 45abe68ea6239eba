/** The line to the server that stays open for as long as the session lasts. */
import { byId } from './elements.js'

const PAUSE = 1000

/** Why the server closed the line; a browser that is refused one is not told why. */
const WORDS = {
  AUTH_SESSION_ENDED: 'Closed by the server: the session has ended',
  AUTH_ACCESS_TOKEN_EXPIRED: 'Renewing'
}

export function liveRoom({ call }) {
  const place = byId('live')
  let socket = null
  let pause

  function open() {
    const address = new URL('/live', location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    socket = new WebSocket(address)
    socket.onmessage = ({ data }) => show('open', `Live, ${new Date(JSON.parse(data).now).toLocaleTimeString()}`)
    socket.onclose = ({ reason }) => again(WORDS[reason] ?? 'No line')
  }

  function again(why) {
    close()
    show('closed', why)
    pause = setTimeout(ask, PAUSE)
  }

  /** Any call makes the client renew the session if it can be, and otherwise find out that it has ended. */
  async function ask() {
    const known = await call('GET', '/auth/verify').then(
      () => true,
      ({ status }) => status !== 401
    )
    // Unless the user left meanwhile.
    if (known && pause) open()
  }

  function close() {
    if (socket) socket.onclose = null
    socket?.close()
    clearTimeout(pause)
    pause = undefined
  }

  function show(state, text) {
    place.dataset.state = state
    place.textContent = text
  }

  return {
    enter: open,
    leave() {
      close()
      show('closed', '')
    }
  }
}
