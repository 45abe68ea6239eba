/** What storage and mailer may be. Their URLs hold passwords: a refused one is told by its length. */
import type { AuthStore } from '../store/index.ts'
import { anyOf, callable, instance, text } from './kinds.ts'
import { measure } from './refusal.ts'

/** As much of a Kysely instance as tells it from an `AuthStore`. */
export interface KyselyInstance {
  getExecutor(): unknown
}

const databaseUrl = text(
  'a URL that starts with postgres://, mysql://, sqlite: or pglite:',
  (value) => /^(?:postgres(?:ql)?:\/\/|mysql:\/\/|sqlite:|pglite:)[^\s]/.test(value),
  measure
)

export function isKysely(storage: object): storage is KyselyInstance {
  return 'getExecutor' in storage && typeof storage.getExecutor === 'function'
}

function isStore(storage: object): boolean {
  const { users, sessions, open, close } = storage as Partial<Record<keyof AuthStore, unknown>>
  const ports = [users, sessions].every((port) => typeof port === 'object' && port !== null)
  return ports && [open, close].every((verb) => typeof verb === 'function')
}

export const storage = anyOf(
  databaseUrl,
  instance<KyselyInstance>('a Kysely instance', isKysely),
  instance<AuthStore>('an AuthStore', isStore)
)

export const mailer = anyOf(
  text('a URL that starts with smtp:// or smtps://', (value) => /^smtps?:\/\/\S/.test(value), measure),
  instance('a nodemailer transporter', (value) => 'sendMail' in value && typeof value.sendMail === 'function'),
  callable()
)
