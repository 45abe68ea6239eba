import type { LetterName } from '../store/index.ts'

export interface LinkTemplates {
  readonly verify?: string
  readonly reset?: string
  readonly change?: string
}

export type LinkFor = (letter: LetterName, token: string) => string

/**
 * Where letters lead: to the host's own pages or, outside production, to ours. EM5: both are known to the server; a link made
 * from a request's headers would be whoever sent the request's to choose.
 */
export function createLinks(templates: LinkTemplates, ownPage: () => string): LinkFor {
  const byLetter: Readonly<Partial<Record<LetterName, string | undefined>>> = {
    'verify-email': templates.verify,
    'reset-password': templates.reset,
    'change-email': templates.change
  }
  return (letter, token) =>
    byLetter[letter]?.replaceAll('{token}', token) ?? `${ownPage()}#${new URLSearchParams({ letter, token })}`
}
