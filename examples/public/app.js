/** The page: a door for whoever is not signed in, and a house of rooms for whoever is. */
import { openAccount } from './account.js'
import { connect } from './api.js'
import { doorRoom } from './door.js'
import { byId } from './elements.js'
import { clearProblems, onPress, say } from './forms.js'
import { newLetters, watchLetters } from './letters.js'
import { liveRoom } from './live.js'
import { notesRoom } from './notes.js'
import { profileRoom } from './profile.js'
import { sessionsRoom } from './sessions.js'
import { createWire } from './wire.js'
import { explain, whySignedOut } from './words.js'

const door = byId('door')
const house = byId('house')

const wire = createWire(byId('wire'), byId('wire-empty'))
const api = connect({
  fetch: wire.fetch,
  onSignedIn: enter,
  onSignedOut: (reason) => {
    leave()
    say(whySignedOut(reason), { stays: true })
  }
})

/** What each does when somebody signs in (`enter`), comes back to this window (`look`), or is gone (`leave`). */
const rooms = [doorRoom, profileRoom, notesRoom, sessionsRoom, liveRoom].map((open) => open(api))
openAccount(api)

function enter(user) {
  const throughTheDoor = !door.hidden
  clear()
  show(house)
  for (const room of rooms) void room.enter?.(user)
  if (throughTheDoor) house.querySelector('h1').focus()
}

function leave() {
  clear()
  show(door)
  door.querySelector('h1').focus()
}

function show(place) {
  for (const each of [door, house]) each.hidden = each !== place
}

/** Nothing that one user typed or saw is left for the next. */
function clear() {
  for (const room of rooms) room.leave?.()
  for (const form of document.forms) form.reset()
  for (const details of house.querySelectorAll('details')) details.open = false
  clearProblems(document)
}

onPress(byId('logout'), async () => {
  await api.auth.signOut()
  return 'You are signed out.'
})

// What was done meanwhile in another window, or by the link of a letter, is seen on the way back.
window.addEventListener('focus', () => {
  if (house.hidden) return
  for (const room of rooms) void room.look?.()
})

watchLetters(({ letters }) => {
  const count = newLetters(letters).length
  byId('letters').hidden = count === 0
  byId('letters-count').textContent = count
})

try {
  if (!(await api.auth.ready())) {
    show(door)
    // Asking whether somebody is signed in is nothing that they did.
    wire.forget()
  }
} catch (refusal) {
  show(door)
  say(explain(refusal).text, { stays: true })
}
