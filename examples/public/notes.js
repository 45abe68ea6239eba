/** Notes: what this app is for, on guarded routes of its own. */
import { byId, element, moment } from './elements.js'
import { onSubmit, quietly } from './forms.js'

export function notesRoom({ call }) {
  const list = byId('notes')

  onSubmit(byId('note'), async ({ text }) => {
    await call('POST', '/notes', { text })
    byId('note').reset()
    await look()
    return 'Your note is added.'
  })

  async function look() {
    const { notes } = await call('GET', '/notes')
    list.replaceChildren(...notes.map(({ text, createdAt }) => element('li', {}, text, moment(createdAt))))
    byId('no-notes').hidden = notes.length > 0
  }

  return {
    enter: () => quietly(look),
    leave: () => list.replaceChildren()
  }
}
