/** Who the user is, and what of it they may change. */
import { byId, element, moment } from './elements.js'
import { onPress, onSubmit, quietly } from './forms.js'

export function profileRoom({ call }) {
  const form = byId('profile')
  let email

  onSubmit(form, async ({ username, displayName }) => {
    // Null removes what is optional.
    show(await call('PATCH', '/auth/me', { username: username || null, displayName: displayName || null }))
    form.reset()
    return 'Your profile is saved.'
  })

  onPress(byId('resend'), async () => {
    await call('POST', '/auth/resend-verification', { email })
    return 'Another letter is on its way.'
  })

  function show(user) {
    email = user.email
    byId('greeting').textContent = `Hello, ${user.displayName ?? user.username ?? user.email}.`
    byId('unconfirmed').hidden = user.emailVerified
    const { username, displayName } = form.elements
    fill(username, user.username)
    fill(displayName, user.displayName)
    const facts = {
      'E-mail': `${user.email}, ${user.emailVerified ? 'confirmed' : 'not confirmed yet'}`,
      Plan: user.plan,
      Since: moment(user.createdAt)
    }
    byId('facts').replaceChildren(
      ...Object.entries(facts).flatMap(([name, fact]) => [element('dt', {}, name), element('dd', {}, fact)])
    )
  }

  return {
    enter: show,
    look: () => quietly(async () => show(await call('GET', '/auth/me'))),
    leave() {
      byId('greeting').textContent = 'Hello.'
      byId('facts').replaceChildren()
      for (const input of form.querySelectorAll('input')) input.defaultValue = ''
    }
  }
}

/** Leaves alone what is being typed. */
function fill(input, stored = '') {
  const untouched = input.value === input.defaultValue
  input.defaultValue = stored
  if (untouched) input.value = stored
}
