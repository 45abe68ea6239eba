/** Small things that every part of the page makes. */

export const byId = (id) => document.getElementById(id)

/** `content` is text, elements, or both. */
export function element(name, properties = {}, ...content) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...content)
  return made
}

export function moment(instant) {
  const text = new Date(instant).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
  return element('time', { dateTime: instant }, text)
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60]
]
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `3 minutes ago`; the exact time shows on hover. */
export function ago(instant) {
  const seconds = (Date.now() - new Date(instant)) / 1000
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? []
  const text = unit ? words.format(-Math.floor(seconds / length), unit) : 'just now'
  return element('time', { dateTime: instant, title: new Date(instant).toLocaleString() }, text)
}
