/** What an answer of the server means to a person. */

const PASSWORD_REASONS = {
  'too-short': 'is too short: at least 8 characters',
  'too-long': 'is too long: at most 256 characters',
  common: 'is one of those that everybody guesses first',
  context: 'must not be your address, your name or this app’s'
}

const END_REASONS = {
  logout: 'this session was ended in another tab or from another device.',
  reuse: 'a refresh token was used twice, so the session was ended in case it had been stolen.',
  'password-changed': 'the password was changed.',
  'email-changed': 'the e-mail address was changed.',
  expired: 'the session was left alone for too long.',
  limit: 'there were too many sessions, and this one was the oldest.',
  admin: 'somebody in charge ended the session.',
  disabled: 'the account was disabled.',
  deleted: 'the account was deleted.',
  invalid: 'the session is not known here any more.'
}

const PATTERNS = {
  email: 'does not look like an e-mail address',
  newEmail: 'does not look like an e-mail address',
  username: 'takes 3 to 32 of A–Z a–z 0–9 . _ - and begins with a letter or digit'
}

const WORDS = {
  AUTH_UNREACHABLE: () => ({ text: 'The server does not answer. Nothing was lost: try again in a moment.' }),
  AUTH_CREDENTIALS_INVALID: () => ({
    fields: ['currentPassword'],
    rule: 'is not right',
    text: 'That is not the right combination of account and password.'
  }),
  AUTH_EMAIL_TAKEN: () => ({ fields: ['email'], rule: 'has an account already' }),
  AUTH_USERNAME_TAKEN: () => ({ fields: ['username'], rule: 'is taken' }),
  AUTH_PASSWORD_REJECTED: ({ reason }) => ({
    fields: ['newPassword', 'password'],
    rule: PASSWORD_REASONS[reason] ?? `is not accepted (${reason})`
  }),
  AUTH_SESSION_ENDED: ({ reason }) => ({ text: whySignedOut(reason) }),
  AUTH_REFRESH_TOKEN_INVALID: () => ({ text: whySignedOut('invalid') }),
  AUTH_ACCOUNT_DISABLED: () => ({ text: 'This account is disabled.' }),
  AUTH_ATTEMPTS_EXCEEDED: () => ({ text: 'Too many attempts. Wait a little before the next one.' }),
  AUTH_OVERLOADED: () => ({ text: 'The server is busy. Try again in a moment.' }),
  AUTH_UNAVAILABLE: () => ({ text: 'The server cannot reach its database. Nothing was lost: try again in a moment.' }),
  FST_ERR_VALIDATION: ({ message }) => {
    const [, field, rule] = /^body\/(\w+) (.+)$/.exec(message) ?? []
    // Sign-in has one field for both identifiers.
    return field ? { fields: [field, 'identifier'], rule: inPlainWords(field, rule) } : { text: message }
  }
}

/** `{ fields, rule }`, of the first of the fields that the form has, or `{ text }`, or both. */
export function explain(refusal) {
  return WORDS[refusal.code]?.(refusal) ?? { text: refusal.message || 'Something went wrong.' }
}

export function whySignedOut(reason) {
  return `You are signed out: ${END_REASONS[reason] ?? 'the session has ended.'}`
}

/** Of what a validator says, what this page's fields can provoke. */
function inPlainWords(field, rule) {
  if (rule.startsWith('must be a')) return PATTERNS[field] ?? rule
  const [, most] = /^must NOT have more than (\d+) characters$/.exec(rule) ?? []
  return most ? `may have ${most} characters at most` : rule
}
