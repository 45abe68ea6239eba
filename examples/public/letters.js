/** The letters that the server keeps, looked at again and again while somebody looks at the page. */

const SEEN = 'gatehouse.letters.seen'
const PAUSE = 2000

/** `show({ kept, letters })` hears of them each time, the newest first. */
export function watchLetters(show) {
  async function look() {
    if (document.hidden) return
    // A server that does not answer is asked again.
    const response = await fetch('/mailbox/letters').catch(() => null)
    if (response?.ok) show(await response.json())
  }
  setInterval(look, PAUSE)
  void look()
}

export function newLetters(letters) {
  const seen = localStorage.getItem(SEEN) ?? ''
  return letters.filter(({ sentAt }) => sentAt > seen)
}

export function markSeen([newest]) {
  if (newest) localStorage.setItem(SEEN, newest.sentAt)
}
