/** What no option alone can say: values that are good by themselves and wrong together. */
import type { AuthOptions } from './auth-options.ts'
import type { Config } from './config.ts'
import { count, listOf, oneOf } from './kinds.ts'
import { refuse } from './refusal.ts'
import { fieldName, USER_PROPERTIES } from './user-fields.ts'

/** RFC 7519 4.1 and our `sid`: we set them, and a claim of the same name would be lost. */
const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'nbf'])

export function crossCheck(config: Config, given: AuthOptions): void {
  checkUser(config)
  checkPassword(config)
  checkTokens(config)
  checkCookie(config)
  checkMail(config, given)
  const { authenticate, authorize, auth } = config.decorate
  const names = new Set([authenticate, authorize, auth])
  if (names.size < 3) refuse('decorate', 'three different names', 'the same one twice')
}

function checkUser({ user, accessToken }: Config): void {
  const fields = Object.keys(user.fields.properties)
  // Never the address: a public profile is a page that anybody may list.
  listOf(oneOf('id', 'username', 'createdAt', ...fields)).read(user.public, 'user.public')
  listOf(fieldName(user.fields.properties)).read(user.serverOnly, 'user.serverOnly')
  if (typeof accessToken.claims === 'function' || accessToken.claims === null) return
  const claims = [...USER_PROPERTIES, ...fields].filter((name) => !REGISTERED_CLAIMS.has(name))
  listOf(oneOf(...claims)).read(accessToken.claims, 'accessToken.claims')
}

function checkPassword({ password, production }: Config): void {
  const { minLength, argon2 } = password
  count({ min: minLength }).read(password.maxLength, 'password.maxLength')
  // RFC 9106 3.1: argon2 itself refuses less, but only when the first password comes.
  count({ min: 8 * argon2.parallelism }).read(argon2.memoryCost, 'password.argon2.memoryCost')
  for (const name of ['memoryCost', 'timeCost'] as const) {
    const least = RECOMMENDED[name]
    if (!production || argon2[name] >= least) continue
    refuse(`password.argon2.${name}`, `at least ${least} when NODE_ENV is production`, String(argon2[name]))
  }
}

function checkTokens({ accessToken, refreshToken, secrets }: Config): void {
  const { idleTtl, absoluteTtl } = refreshToken
  if (idleTtl > absoluteTtl) {
    refuse('refreshToken.idleTtl', `at most \`refreshToken.absoluteTtl\` (${absoluteTtl}s)`, `${idleTtl}s`)
  }
  // It is made to be shared with services that verify tokens, who could then forge everything that `secret` protects.
  if (accessToken.secrets?.some((secret) => secrets.includes(secret))) {
    refuse('accessToken.secret', 'a secret of its own', 'one that is in `secret` too')
  }
}

function checkCookie({ cookie, origins, production }: Config): void {
  if (!cookie.secure && production) refuse('cookie.secure', 'true when NODE_ENV is production', 'false')
  if (cookie.sameSite !== 'none') return
  // RFC 6265bis 5.7: browsers drop such a cookie when it is not Secure.
  if (!cookie.secure) refuse('cookie.sameSite', "'lax' or 'strict' where `cookie.secure` is false", "'none'")
  if (origins.length === 0) refuse('cookie.sameSite', "'lax' or 'strict' where `origins` is empty", "'none'")
}

/** In production a link of ours would lead nowhere, and a letter from nobody is thrown away. */
function checkMail({ email, sendsMail, production, identifiers }: Config, { email: given = {} }: AuthOptions): void {
  if (email.verification === 'required' && !sendsMail) {
    const lack = identifiers.email === 'none' ? "`identifiers` is without 'email'" : 'there is no `mailer`'
    refuse('email.verification', `'off' or 'optional' where ${lack}`, "'required'")
  }
  if (!sendsMail || !production) return
  if (given.from === undefined) refuse('email.from', 'the sender of letters when NODE_ENV is production', 'nothing')
  const needed =
    email.verification === 'off' ? (['reset', 'change'] as const) : (['verify', 'reset', 'change'] as const)
  for (const letter of needed) {
    if (email.links[letter] !== undefined) continue
    refuse(`email.links.${letter}`, 'the URL of your page, with {token} in it, when NODE_ENV is production', 'nothing')
  }
}

/** OWASP Password Storage Cheat Sheet (PW9). */
export const RECOMMENDED = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

interface Weakenings {
  readonly production: boolean
  readonly mailer?: unknown
  readonly identifiers: Pick<Config['identifiers'], 'email'>
  readonly password: Pick<Config['password'], 'argon2'>
  readonly refreshToken: Pick<Config['refreshToken'], 'rotate'>
}

export function warningsOf({ production, mailer, identifiers, password, refreshToken }: Weakenings): string[] {
  const { argon2 } = password
  const warnings: string[] = []
  if (argon2.memoryCost < RECOMMENDED.memoryCost || argon2.timeCost < RECOMMENDED.timeCost) {
    warnings.push(
      `\`password.argon2\` is weaker than ${RECOMMENDED.memoryCost} KiB and ${RECOMMENDED.timeCost} passes: ` +
        'stolen hashes are cheaper to guess, and production refuses it'
    )
  }
  if (!refreshToken.rotate) {
    warnings.push(
      '`refreshToken.rotate` is false: a stolen refresh token works until its session ends, and nobody notices (RFC 9700 2.2.2)'
    )
  }
  if (mailer === undefined && identifiers.email !== 'none') {
    warnings.push(
      production
        ? '`mailer` is not given: the routes that send letters are off'
        : '`mailer` is not given: letters stand in this log, with the tokens in them'
    )
  }
  return warnings
}
