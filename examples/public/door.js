/** Ways in: an account of before, a new one, or a letter for a forgotten password. */
import { byId } from './elements.js'
import { onSubmit } from './forms.js'

export function doorRoom({ auth, call }) {
  const forms = byId('door').querySelectorAll('form')

  onSubmit(byId('login'), async ({ identifier, password, remember }) => {
    const name = identifier.includes('@') ? 'email' : 'username'
    await auth.signIn({ [name]: identifier, password, remember: remember === 'on' })
    return 'You are signed in.'
  })

  onSubmit(byId('signup'), async (typed) => {
    await auth.signUp(Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== '')))
    return 'Your account is made, and you are signed in.'
  })

  onSubmit(byId('forgot'), async ({ email }) => {
    await call('POST', '/auth/forgot-password', { email })
    showForm('login')
    return 'If that address has an account, a letter with a link is on its way to it.'
  })

  for (const link of byId('door').querySelectorAll('[data-show]')) {
    link.addEventListener('click', () => showForm(link.dataset.show))
  }

  function showForm(id) {
    for (const form of forms) form.hidden = form.id !== id
    byId(id).querySelector('input').focus()
  }

  return { leave: () => showForm('login') }
}
