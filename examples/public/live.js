/** The line to the server that stays open for as long as the session lasts. */
import { byId } from './elements.js'

const PAUSE = 1000

export function liveRoom({ call }) {
  const place = byId('live')
  let source = null
  let pause

  function open() {
    source = new EventSource('/live')
    source.addEventListener('time', ({ data }) => {
      show('open', `Live, ${new Date(JSON.parse(data).now).toLocaleTimeString()}`)
    })
    source.addEventListener('end', ({ data }) => {
      const { code } = JSON.parse(data)
      again(code === 'AUTH_SESSION_ENDED' ? 'Closed by the server: the session has ended' : 'Renewing')
    })
    // The browser would open a broken line again, but gives up at an answer such as 401.
    source.addEventListener('error', () => again('No line'))
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
    source?.close()
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
