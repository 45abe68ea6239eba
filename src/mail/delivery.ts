import { toUser, type UserShape } from '../session/user.ts'
import type { LetterName } from '../store/index.ts'
import type { OneTimeTokens, TokenPurpose } from '../token/one-time-token.ts'
import type { AttemptParts } from './attempt.ts'
import { type LetterTemplates, writeLetter } from './letters.ts'
import type { SendMail } from './mailer.ts'

/** What the token of a letter is good for. */
const PURPOSES: Readonly<Partial<Record<LetterName, TokenPurpose>>> = {
  'verify-email': 'email-verification',
  'reset-password': 'password-reset',
  'change-email': 'email-change'
}

export interface DeliveryParts {
  readonly shape: UserShape
  readonly oneTimeTokens: OneTimeTokens
  readonly send: SendMail
  /** The address of the page that a letter leads to (EM5: from the options, never from a request). */
  readonly linkFor: (letter: LetterName, token: string) => string
  readonly appName: string
  readonly from: string
  readonly templates: LetterTemplates
  /** In seconds. */
  readonly lifetimes: { readonly verify: number; readonly reset: number }
}

/** Writes a letter and hands it over. Its token is made here, and is nowhere but in the letter. */
export function createDelivery(parts: DeliveryParts): AttemptParts['deliver'] {
  return async ({ id }, { name, address, user, hasToken }, signal) => {
    const purpose = PURPOSES[name]
    const link = hasToken && purpose ? parts.linkFor(name, parts.oneTimeTokens.mint(purpose, id)) : null
    const seconds = purpose === 'password-reset' ? parts.lifetimes.reset : parts.lifetimes.verify
    const shown = user && toUser(parts.shape, user)
    const locale = user?.fields.locale
    const letter = writeLetter(
      name,
      {
        appName: parts.appName,
        link,
        minutes: Math.round(seconds / 60),
        user: shown,
        locale: typeof locale === 'string' ? locale : null
      },
      parts.templates
    )
    const { subject, text, html } = letter
    await parts.send({ to: { name: '', address }, from: parts.from, subject, text, html, purpose: name }, signal)
  }
}
