/** How forms and buttons of this page behave: busy while they wait, and what came of it is said where it belongs. */
import { explain } from './words.js'

export function say(message) {
  document.getElementById('status').textContent = message
}

/** `act(values)` is given what was typed, by field name. It returns what to say of its success, or throws a refusal. */
export function onSubmit(form, act) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    clearProblems(form)
    const missing = [...form.elements].find((input) => input.validity.valueMissing)
    if (missing) showFieldProblem(missing, 'is needed')
    else void attempt(form, form.querySelector('.primary'), () => act(Object.fromEntries(new FormData(form))))
  })
}

export function onPress(button, act) {
  const place = button.closest('.card')
  button.addEventListener('click', () => {
    clearProblems(place)
    void attempt(place, button, act)
  })
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

function showProblem(place, { field, text }) {
  // Sign-in has one field for both identifiers.
  const input = field && place.querySelector(`[name=${field}], [name=identifier]`)
  if (input) showFieldProblem(input, text)
  else place.querySelector('.problem').textContent = field ? `${field} ${text}` : text
}

function showFieldProblem(input, text) {
  const problem = document.createElement('p')
  problem.className = 'field-problem'
  problem.id = `${input.id}-problem`
  problem.textContent = `${input.labels[0].firstChild.textContent.trim()} ${text}.`
  input.after(problem)
  const hint = input.getAttribute('aria-describedby') ?? ''
  input.dataset.hint = hint
  input.setAttribute('aria-describedby', `${problem.id} ${hint}`.trim())
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
