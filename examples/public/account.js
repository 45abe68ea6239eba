/** What takes the password once more: another password, another address, the end of the account. */
import { byId } from './elements.js'
import { onSubmit } from './forms.js'

export function openAccount({ auth, call }) {
  onSubmit(byId('change-password'), async (passwords) => {
    await auth.changePassword(passwords)
    close('change-password')
    return 'Your password is changed. Every other session has ended.'
  })

  onSubmit(byId('change-email'), async ({ newEmail, currentPassword }) => {
    await call('POST', '/auth/change-email', { newEmail, password: currentPassword })
    close('change-email')
    return `A letter is on its way to ${newEmail}. The address changes when its link is followed.`
  })

  onSubmit(byId('delete-account'), async ({ currentPassword }) => {
    await call('DELETE', '/auth/me', { password: currentPassword })
    // The server is done; this tells the client, and the other tabs.
    await auth.signOut()
    return 'Your account is deleted, with everything in it.'
  })

  function close(id) {
    byId(id).reset()
    byId(id).closest('details').open = false
    byId(id).closest('details').querySelector('summary').focus()
  }
}
