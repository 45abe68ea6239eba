/** What a refusal means to a person: `{ field?, text }`. */

const PASSWORD_REASONS = {
  'too-short': 'is too short: at least 8 characters',
  'too-long': 'is too long: at most 256 characters',
  common: 'is one of those that everybody guesses first',
  context: 'must not be your address, your name or this app’s'
}

const END_REASONS = {
  logout: 'You signed out elsewhere, which ended this session too.',
  reuse: 'A refresh token was used twice, so the session was ended in case it had been stolen.',
  expired: 'The session was left alone for too long.',
  disabled: 'The account was disabled.',
  deleted: 'The account was deleted.'
}

const PATTERNS = {
  email: 'does not look like an e-mail address',
  username: 'takes 3 to 32 of A–Z a–z 0–9 . _ - and begins with a letter or digit'
}

const WORDS = {
  NO_ANSWER: () => ({ text: 'The server does not answer. Nothing was lost: try again in a moment.' }),
  AUTH_CREDENTIALS_INVALID: () => ({ text: 'That is not the right combination of account and password.' }),
  AUTH_EMAIL_TAKEN: () => ({ field: 'email', text: 'has an account already' }),
  AUTH_USERNAME_TAKEN: () => ({ field: 'username', text: 'is taken' }),
  AUTH_PASSWORD_REJECTED: ({ reason }) => ({
    field: 'password',
    text: PASSWORD_REASONS[reason] ?? `is not accepted (${reason})`
  }),
  AUTH_SESSION_ENDED: ({ reason }) => ({ text: END_REASONS[reason] ?? 'The session has ended.' }),
  AUTH_REFRESH_TOKEN_INVALID: () => ({ text: 'The session is not known here any more. Please sign in again.' }),
  AUTH_ACCESS_TOKEN_INVALID: () => ({
    text: 'The server does not accept the access token. “Refresh now” gets a new one.'
  }),
  AUTH_ACCOUNT_DISABLED: () => ({ text: 'This account is disabled.' }),
  AUTH_ATTEMPTS_EXCEEDED: () => ({ text: 'Too many attempts. Wait a little before the next one.' }),
  AUTH_OVERLOADED: () => ({ text: 'The server is busy. Try again in a moment.' }),
  AUTH_UNAVAILABLE: () => ({ text: 'The server cannot reach its database. Nothing was lost: try again in a moment.' }),
  FST_ERR_VALIDATION: ({ message }) => {
    const [, field, rule] = /^body\/(\w+) (.+)$/.exec(message) ?? []
    return field ? { field, text: inPlainWords(field, rule) } : { text: message }
  }
}

export function explain(refusal) {
  return WORDS[refusal.code]?.(refusal) ?? { text: refusal.message || 'Something went wrong.' }
}

/** Of what a validator says, what this page's fields can provoke. */
function inPlainWords(field, rule) {
  if (rule.startsWith('must be a')) return PATTERNS[field] ?? rule
  const [, most] = /^must NOT have more than (\d+) characters$/.exec(rule) ?? []
  return most ? `may have ${most} characters at most` : rule
}
