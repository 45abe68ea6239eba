/** The panel that shows the last requests with their answers, the newest open. */
import { element } from './elements.js'

const KEPT = 6

/** `fetch` shows what it does, until it is told to `forget`. */
export function createWire(list, empty) {
  function show(request, status, data) {
    empty.hidden = true
    for (const older of list.children) older.open = false
    list.prepend(toEntry(request, status, data))
    while (list.children.length > KEPT) list.lastElementChild.remove()
  }

  return {
    async fetch(input, init = {}) {
      const { pathname } = new URL(input, location)
      const request = { method: init.method ?? 'GET', pathname, body: init.body }
      try {
        const response = await fetch(input, init)
        show(request, response.status, await response.clone().text())
        return response
      } catch (error) {
        show(request, 'no answer', '')
        throw error
      }
    },
    forget() {
      list.replaceChildren()
      empty.hidden = false
    }
  }
}

function toEntry({ method, pathname, body }, status, answer) {
  const good = typeof status === 'number' && status < 400
  const outcome = element('span', { className: good ? 'outcome good' : 'outcome bad' }, String(status))
  return element(
    'details',
    { open: true },
    element('summary', {}, element('code', {}, `${method} ${pathname}`), outcome),
    element('h3', {}, 'Request'),
    element('pre', {}, pretty(body)),
    element('h3', {}, 'Response'),
    element('pre', {}, pretty(answer))
  )
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text, discreet), null, 2)
  } catch {
    return text || 'no body'
  }
}

const discreet = (key, value) => (/password/i.test(key) && typeof value === 'string' ? '•'.repeat(8) : value)
