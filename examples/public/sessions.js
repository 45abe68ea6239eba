/** Where the user is signed in, and the means to end it. */
import { ago, byId, element } from './elements.js'
import { onPress, quietly } from './forms.js'

export function sessionsRoom({ auth, call }) {
  const list = byId('sessions')

  async function look() {
    const { sessions } = await call('GET', '/auth/sessions')
    list.replaceChildren(...sessions.toSorted((one, other) => other.current - one.current).map(toItem))
    byId('end-others').hidden = sessions.length < 2
  }

  function toItem({ id, current, device, ip, lastUsedAt, userAgent }) {
    const name = device ?? 'A device without a name'
    const about = element('div', {}, element('strong', { title: userAgent ?? '' }, name))
    about.append(element('p', { className: 'hint' }, 'Last used ', ago(lastUsedAt), ip ? ` from ${ip}` : ''))
    if (current) return element('li', {}, about, element('span', { className: 'tag' }, 'This one'))
    const button = element('button', { type: 'button', ariaLabel: `End the session of ${name}` }, 'End')
    const item = element('li', {}, about, button)
    onPress(button, async () => {
      await call('DELETE', `/auth/sessions/${id}`)
      await lookAgain()
      return `The session of ${name} has ended.`
    })
    return item
  }

  /** The button that was pressed is gone, and the focus with it. */
  async function lookAgain() {
    await look()
    byId('sessions-title').focus()
  }

  onPress(byId('end-others'), async () => {
    await call('DELETE', '/auth/sessions')
    await lookAgain()
    return 'Every other session has ended.'
  })

  onPress(byId('logout-all'), async () => {
    await auth.signOut({ everywhere: true })
    return 'You are signed out, here and everywhere else.'
  })

  return {
    enter: () => quietly(look),
    look: () => quietly(look),
    leave: () => list.replaceChildren()
  }
}
