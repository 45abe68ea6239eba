/** The page: what each form and button does, and what is seen of the answers. */
import { clearProblems, onPress, onSubmit, say } from './forms.js'
import { createSession } from './session.js'
import { createWire } from './wire.js'
import { explain } from './words.js'

const byId = (id) => document.getElementById(id)

const session = createSession({
  onChange: (current, refusal) => {
    const left = current === null && !byId('house').hidden
    showRoom()
    if (left) leave(refusal)
  },
  onExchange: createWire(byId('wire'), byId('wire-empty'))
})

// Signing in and out

onSubmit(byId('login'), async ({ identifier, password }) => {
  await enter('/auth/login', { [identifier.includes('@') ? 'email' : 'username']: identifier, password })
  return 'You are signed in.'
})

onSubmit(byId('signup'), async (values) => {
  const filledIn = Object.entries(values).filter(([, value]) => value !== '')
  await enter('/auth/signup', Object.fromEntries(filledIn))
  return 'Your account is made, and you are signed in.'
})

for (const link of document.querySelectorAll('[data-show]')) {
  link.addEventListener('click', () => {
    for (const form of byId('door').querySelectorAll('form')) form.hidden = form.id !== link.dataset.show
    byId(link.dataset.show).querySelector('input').focus()
  })
}

async function enter(path, body) {
  const user = await session.open(path, body)
  forget()
  showProfile(user)
  byId('house').querySelector('h1').focus()
  await quietly(() => Promise.all([greet(), listNotes()]))
}

function leave(refusal) {
  forget()
  say(refusal ? explain(refusal).text : 'You are signed out.')
  byId('door').querySelector('h1').focus()
  void quietly(greet)
}

/** Nothing that one user typed or saw is left for the next. */
function forget() {
  for (const form of document.forms) form.reset()
  for (const card of document.querySelectorAll('.card')) clearProblems(card)
  byId('notes').replaceChildren()
  byId('facts').replaceChildren()
}

onPress(byId('logout'), () => session.signOut())
onPress(byId('logout-all'), () => session.signOutEverywhere())
onPress(byId('refresh'), async () => {
  await session.refresh()
  // Unless somebody signed out while it was under way.
  return session.current && 'Both tokens are new. The old refresh token is used up.'
})

// Notes

onSubmit(byId('note'), async ({ text }) => {
  await session.call('POST', '/notes', { text })
  byId('note').reset()
  await listNotes()
  return 'Your note is added.'
})

async function listNotes() {
  const { notes } = await session.call('GET', '/notes')
  byId('notes').replaceChildren(
    ...notes.map(({ text, createdAt }) => {
      const time = element('time', moment(createdAt))
      time.dateTime = createdAt
      const item = element('li', text)
      item.append(time)
      return item
    })
  )
  byId('no-notes').hidden = notes.length > 0
}

// Profile

onSubmit(byId('profile'), async ({ username, displayName }) => {
  // Null removes what is optional.
  showProfile(await session.call('PATCH', '/auth/me', { username: username || null, displayName: displayName || null }))
  return 'Your profile is saved.'
})

onPress(byId('reload'), async () => {
  showProfile(await session.call('GET', '/auth/me'))
  return 'This is your account as it is stored now.'
})

function showProfile(user) {
  const { username, displayName } = byId('profile').elements
  username.value = user.username ?? ''
  displayName.value = user.displayName ?? ''
  const facts = { 'E-mail': user.email, Plan: user.plan, Since: moment(user.createdAt), Id: user.id }
  byId('facts').replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => [element('dt', name), element('dd', value)])
  )
}

// What is seen

function showRoom() {
  byId('door').hidden = session.current !== null
  byId('house').hidden = session.current === null
  showLife()
}

function showLife() {
  if (session.current === null) return
  const { expiresAt, expiresIn } = session.current
  const left = Math.max(0, Math.round((expiresAt - Date.now()) / 1000))
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  byId('life-left').textContent = left > 0 ? `${clock} left` : 'expired'
  Object.assign(byId('life-bar'), { max: expiresIn, value: left })
}

async function greet() {
  const { message } = await session.call('GET', '/hello')
  for (const heading of document.querySelectorAll('.greeting')) heading.textContent = `${message}.`
}

/** For what nobody asked for: a failure is told in the status line. */
async function quietly(work) {
  try {
    await work()
  } catch (refusal) {
    say(explain(refusal).text)
  }
}

function element(name, text) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

function moment(instant) {
  return new Date(instant).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

setInterval(showLife, 1000)
showRoom()
await quietly(async () => {
  if (session.current !== null) {
    showProfile(await session.call('GET', '/auth/me'))
    await listNotes()
  }
  await greet()
})
