/** The panel that shows the last requests with their answers, the newest open. */

const KEPT = 6

/** Returns the listener of a session's exchanges. */
export function createWire(list, empty) {
  return ({ request, status, data }) => {
    empty.hidden = true
    for (const older of list.children) older.open = false
    list.prepend(entry(request, status, data))
    while (list.children.length > KEPT) list.lastElementChild.remove()
  }
}

function entry({ method, path, body, authorization }, status, data) {
  const details = document.createElement('details')
  details.open = true
  const summary = document.createElement('summary')
  const outcome = status === 0 ? 'no answer' : String(status)
  summary.append(
    element('code', `${method} ${path}`),
    element('span', outcome, status > 0 && status < 400 ? 'outcome good' : 'outcome bad')
  )
  const sent = [authorization && `authorization: ${shorten(authorization)}`, body && pretty(body)].filter(Boolean)
  details.append(
    summary,
    element('h3', 'Request'),
    element('pre', sent.join('\n\n') || 'no body'),
    element('h3', 'Response'),
    element('pre', data === null ? 'no body' : pretty(data))
  )
  return details
}

function pretty(body) {
  return JSON.stringify(body, (key, value) => (typeof value === 'string' ? discreet(key, value) : value), 2)
}

function discreet(key, value) {
  if (/password/i.test(key)) return '•'.repeat(8)
  return /token$/i.test(key) ? shorten(value) : value
}

function shorten(token) {
  return token.length > 32 ? `${token.slice(0, 20)}…${token.slice(-6)}` : token
}

function element(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}
