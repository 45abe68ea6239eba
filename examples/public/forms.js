/** How forms and buttons of this page behave: busy while they wait, and what came of it is said where it belongs. */
import { byId, element } from './elements.js'
import { explain } from './words.js'

const WHILE = 8000
let fading

/** What was asked for and done is said for a while; what nobody asked for, until something else is. */
export function say(message, { stays = false } = {}) {
  byId('status').textContent = message
  clearTimeout(fading)
  if (message && !stays) fading = setTimeout(say, WHILE, '')
}

/** `act(values)` is given what was typed, by field name. It returns what to say of its success, or throws a refusal. */
export function onSubmit(form, act) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    clearProblems(form)
    const missing = [...form.elements].find((input) => input.validity.valueMissing)
    if (missing) showFieldProblem(missing, 'is needed')
    else void attempt(form, form.querySelector('[type=submit]'), () => act(Object.fromEntries(new FormData(form))))
  })
}

export function onPress(button, act) {
  button.addEventListener('click', () => {
    const place = button.closest('.card')
    clearProblems(place)
    void attempt(place, button, act)
  })
}

/** For what nobody asked for: a failure is told in the status line. */
export async function quietly(work) {
  try {
    await work()
  } catch (refusal) {
    // That a session ended is told once, by whoever closes the house.
    if (refusal.code !== 'AUTH_SESSION_ENDED') say(explain(refusal).text, { stays: true })
  }
}

async function attempt(place, button, act) {
  // Not `disabled`, which would take the focus away.
  if (button.ariaBusy === 'true') return
  button.ariaBusy = 'true'
  say('')
  try {
    const message = await act()
    if (message) say(message)
  } catch (refusal) {
    showProblem(place, explain(refusal))
  } finally {
    button.ariaBusy = 'false'
  }
}

function showProblem(place, { fields = [], rule, text }) {
  const input = fields.map((name) => place.querySelector(`[name=${name}]`)).find(Boolean)
  if (input) showFieldProblem(input, rule)
  else place.querySelector('.problem').textContent = text ?? `${fields[0]} ${rule}`
}

function showFieldProblem(input, rule) {
  const id = `${input.id}-problem`
  const label = input.labels[0].firstChild.textContent.trim()
  input.after(element('p', { id, className: 'field-problem' }, `${label} ${rule}.`))
  const hint = input.getAttribute('aria-describedby') ?? ''
  input.dataset.hint = hint
  input.setAttribute('aria-describedby', `${id} ${hint}`.trim())
  input.setAttribute('aria-invalid', 'true')
  input.focus()
}

export function clearProblems(place) {
  for (const problem of place.querySelectorAll('.problem')) problem.textContent = ''
  for (const problem of place.querySelectorAll('.field-problem')) problem.remove()
  for (const input of place.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid')
    input.setAttribute('aria-describedby', input.dataset.hint)
  }
}
