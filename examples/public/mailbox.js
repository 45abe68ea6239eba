/** The mailbox: every letter that the app has sent, whoever it is to. */
import { byId, element, moment } from './elements.js'
import { markSeen, watchLetters } from './letters.js'

const shown = new Set()

watchLetters(({ kept, letters }) => {
  byId('nothing').hidden = letters.length > 0
  byId('nothing').textContent = kept
    ? 'Nothing yet. Create an account, and the first letter will be here.'
    : 'No letters are kept here: they go to a mail server, or nowhere.'
  // From the oldest on, so that the newest ends on top.
  for (const letter of letters.toReversed()) {
    if (shown.has(letter.id)) continue
    shown.add(letter.id)
    byId('letters').prepend(toArticle(letter))
  }
  markSeen(letters)
})

function toArticle({ subject, to, text, sentAt }) {
  const head = element('header', {}, element('h2', {}, subject))
  head.append(element('p', { className: 'hint' }, `To ${to} · `, moment(sentAt)))
  return element('article', { className: 'card letter' }, head, ...text.trim().split('\n\n').map(toParagraph))
}

function toParagraph(text) {
  if (!/^https?:\/\/\S+$/.test(text)) return element('p', {}, text)
  const { pathname, search, hash } = new URL(text)
  // The server cannot know by what name this browser reaches it: `localhost` is another machine on a phone.
  const link = { href: pathname + search + hash, target: '_blank', rel: 'noreferrer' }
  return element('p', {}, element('a', link, text))
}
