/** What the options accept by shape but the house cannot do yet. Building a thing means deleting its lines here. */
import { OptionsError } from '../errors.ts'
import type { AuthOptions } from './auth-options.ts'

interface Later {
  readonly option: string
  readonly when: (options: AuthOptions) => boolean
  /** What there is instead. */
  readonly now: string
}

const later: readonly Later[] = [
  {
    option: 'rateLimit',
    when: ({ rateLimit }) => typeof rateLimit === 'object',
    now: 'limits nothing and knows `false` (put @fastify/rate-limit in front of the sign-in routes)'
  },
  ...(['enabled', 'required'] as const).map((flag) => ({
    option: `apiKeys.${flag}: true`,
    when: ({ apiKeys }: AuthOptions) => apiKeys?.[flag] === true,
    now: 'knows `false`'
  })),
  { option: "policy: 'deny'", when: ({ policy }) => policy === 'deny', now: "knows 'allow'" },
  {
    option: 'hooks',
    when: ({ hooks = {} }) => Object.values(hooks).some((hook) => hook !== undefined),
    now: 'tells what happened by `app.auth.events`'
  },
  {
    option: 'accessToken.algorithm',
    when: ({ accessToken: { algorithm = 'HS256' } = {} }) => algorithm !== 'HS256',
    now: "knows 'HS256'"
  },
  {
    option: 'accessToken.keys',
    when: ({ accessToken }) => accessToken?.keys !== undefined,
    now: "signs with 'HS256'"
  },
  {
    option: 'password.pepper',
    when: ({ password }) => password?.pepper !== undefined,
    now: 'hashes with argon2id and a salt'
  },
  {
    option: 'storage: mysql://',
    when: ({ storage }) => typeof storage === 'string' && storage.startsWith('mysql://'),
    now: 'knows postgres://, sqlite: and pglite:'
  }
]

export function refuseLater(options: AuthOptions): void {
  const asked = later.find(({ when }) => when(options))
  if (asked) throw new OptionsError(`\`${asked.option}\` comes with a later release, this one ${asked.now}`)
}
