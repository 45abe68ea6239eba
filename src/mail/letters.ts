/** What the letters say. A host replaces any of them by `email.templates`. */
import type { User } from '../session/user.ts'
import type { LetterName } from '../store/index.ts'
import { type Letter, layOut } from './layout.ts'

export interface LetterData {
  readonly appName: string
  /** Stands alone on a line of the text; null in a letter without one. */
  readonly link: string | null
  /** How long the link works, in minutes from now. */
  readonly minutes: number
  /** Null for a sign-up that waits for its proof, and for one who is gone. */
  readonly user: User | null
  /** The user's own field `locale`, if there is one: a BCP 47 tag for `Intl`. */
  readonly locale: string | null
}

/** Escape what comes from the user before it goes into `html`. */
export type LetterTemplate = (data: LetterData) => Letter

export type LetterTemplates = { readonly [Name in LetterName]?: LetterTemplate | undefined }

const IGNORE = 'If it was not you, there is nothing to do: without a click nothing changes.'

const templates: Readonly<Record<LetterName, LetterTemplate>> = {
  'verify-email': (data) =>
    layOut(data, {
      subject: `Confirm your e-mail address for ${data.appName}`,
      opening: `Somebody gave this address to ${data.appName}. If it was you, confirm it:`,
      button: 'Confirm this address',
      closing: IGNORE
    }),
  'reset-password': (data) =>
    layOut(data, {
      subject: `Choose a new password for ${data.appName}`,
      opening: `Somebody asked for a new password for your account at ${data.appName}. If it was you, choose one:`,
      button: 'Choose a new password',
      closing: IGNORE
    }),
  'change-email': (data) =>
    layOut(data, {
      subject: `Confirm your new e-mail address for ${data.appName}`,
      opening: `Your account at ${data.appName} is about to move to this address. If you want that, confirm it:`,
      button: 'Confirm this address',
      closing: IGNORE
    }),
  'account-exists': (data) =>
    layOut(data, {
      subject: `You have an account at ${data.appName} already`,
      opening: `Somebody gave this address to ${data.appName}, where you have an account already.`,
      closing: 'If it was you, sign in, or ask for a new password. If it was not, there is nothing to do.'
    }),
  'email-changed': (data) =>
    layOut(data, {
      subject: `Your e-mail address at ${data.appName} was changed`,
      opening: `Your account at ${data.appName} has moved to another address; letters will no longer come here.`,
      closing: 'If it was not you, answer to this letter or turn to the people of the site at once.'
    }),
  'password-changed': (data) =>
    layOut(data, {
      subject: `Your password at ${data.appName} was changed`,
      opening: `The password of your account at ${data.appName} was changed, and every session was signed out.`,
      closing: 'If it was not you, ask for a new password at once.'
    }),
  'account-deleted': (data) =>
    layOut(data, {
      subject: `Your account at ${data.appName} was deleted`,
      opening: `Your account at ${data.appName} was deleted, with everything that belonged to it.`,
      closing: 'If it was not you, turn to the people of the site.'
    })
}

export function writeLetter(name: LetterName, data: LetterData, replaced: LetterTemplates): Letter {
  return (replaced[name] ?? templates[name])(data)
}
