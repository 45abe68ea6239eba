/** A page for the links of letters, so that they work before a host has pages of its own. It is never there in production. */
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { defineFeature } from '../feature.ts'
import type { Config } from '../options.ts'
import type { LetterName } from '../store/index.ts'

// 1 Wire shapes

const Page = Type.Unsafe<string>({
  description: 'The page',
  content: { 'text/html': { schema: Type.String() } }
})

// 2 The rule: a GET consumes nothing (EM11); the token stands in the fragment, which no server and no log ever sees

const STYLE = `
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { width: min(24rem, calc(100vw - 3rem)) }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input, button { margin-top: .5rem; padding: .75rem; border-radius: .5rem; border: 1px solid color-mix(in srgb, currentColor 30%, transparent) }
button { border: 0; background: #1f4fd8; color: #fff; cursor: pointer }
`

const SCRIPT = `
const actions = JSON.parse(document.body.dataset.actions)
const { letter, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
const action = actions[letter]
const [title, form, field, button, outcome] = ['h1', 'form', 'label', 'button', 'p'].map((name) => document.querySelector(name))
if (action && token) {
  title.textContent = button.textContent = action.title
  field.hidden = letter !== 'reset-password'
  form.hidden = false
} else {
  outcome.textContent = 'This link is not complete.'
}
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  const newPassword = field.hidden ? undefined : form.elements.newPassword.value
  const answer = await fetch(action.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, newPassword })
  }).catch(() => undefined)
  button.disabled = false
  form.hidden = answer?.ok ?? false
  const problem = answer?.ok ? undefined : await answer?.json().catch(() => undefined)
  outcome.textContent = answer?.ok ? 'Done. You can close this page.' : (problem?.message ?? 'That did not work; try again.')
})
`

function page(actions: object): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>One more click</title><style>${STYLE}</style></head>
<body data-actions="${JSON.stringify(actions).replaceAll('"', '&quot;')}">
<main>
<h1>One more click</h1>
<form hidden>
<label>New password<input name="newPassword" type="password" autocomplete="new-password"></label>
<button>Continue</button>
</form>
<p role="status"></p>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const POLICY = [
  "default-src 'none'",
  `script-src ${sourceOf(SCRIPT)}`,
  `style-src ${sourceOf(STYLE)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'"
].join('; ')

// 3 Routes

/** Where each letter's button posts to, under the names that the host chose. */
function actionsOf({ routes }: Config, base: string): Partial<Record<LetterName, { title: string; path: string }>> {
  const pathOf = (name: 'verifyEmail' | 'resetPassword' | 'confirmEmailChange', path: string) =>
    base + (routes[name].paths?.[0] ?? path)
  return {
    'verify-email': { title: 'Confirm this address', path: pathOf('verifyEmail', '/verify-email') },
    'reset-password': { title: 'Choose a new password', path: pathOf('resetPassword', '/reset-password') },
    'change-email': { title: 'Confirm this address', path: pathOf('confirmEmailChange', '/confirm-email-change') }
  }
}

export const actionFeature = defineFeature({
  name: 'action',
  needs: ({ sendsMail, production }) => sendsMail && !production,
  routes({ route }, context) {
    const html = page(actionsOf(context.config, context.path))
    route('action', {
      method: 'GET',
      paths: ['/action'],
      schema: {
        summary: 'The page that letters lead to outside production',
        description: 'Consumes nothing: its button posts the token.',
        response: { 200: Page }
      },
      handler: async (_request, reply: FastifyReply) => {
        reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8')
        return html
      }
    })
  }
})
