import { type Kind, listOf, oneOf } from './kinds.ts'
import { refuse } from './refusal.ts'

export interface Identifiers {
  readonly email: 'required' | 'none'
  readonly username: 'required' | 'optional' | 'none'
}

const names = listOf(oneOf('email', 'username', 'username?'), { min: 1 })

export const identifiers: Kind<Identifiers> = {
  ...names,
  read(value, path) {
    const asked = names.read(value, path)
    if (asked.includes('username') && asked.includes('username?')) {
      return refuse(path, "a list with 'username' or with 'username?'", 'one with both')
    }
    const email = asked.includes('email') ? 'required' : 'none'
    const username = asked.includes('username') ? 'required' : asked.includes('username?') ? 'optional' : 'none'
    // Else somebody could sign up with a password and nothing to sign in by.
    if (email !== 'required' && username !== 'required') {
      return refuse(path, "a list with 'email' or 'username' in it", "'username?' alone")
    }
    return Object.freeze({ email, username })
  }
}
