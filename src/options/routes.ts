/** The routes by name, and what a host may say about each: its paths, or that it is hidden or off. */
import {
  anyOf,
  exactly,
  type Field,
  flag,
  group,
  mapped,
  oneOf,
  oneOrMore,
  optional,
  type Read,
  text
} from './kinds.ts'

/** As pino has them, which Fastify takes. */
const logLevel = oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')

export type LogLevel = Read<typeof logLevel>

export interface RouteSettings {
  /** In place of the default path and its aliases; null keeps those. */
  readonly paths: readonly string[] | null
  /** Left out of the OpenAPI document. */
  readonly hide: boolean
  readonly off: boolean
  readonly logLevel?: LogLevel
}

/** A path that leaves out a parameter that its route reads would answer 404 for ever. */
function route(parameter = ''): Field<RouteSettings> {
  const paths = oneOrMore(
    text(
      `a path that starts with '/'${parameter && ` and has '${parameter}' in it`}`,
      (value) => /^\/[^\s?#]*$/.test(value) && value.includes(parameter)
    )
  )
  const details = group({ path: optional(paths), hide: optional(flag, false), logLevel: optional(logLevel) })
  const settings = anyOf(
    mapped(exactly(false), (): RouteSettings => ({ paths: null, hide: false, off: true })),
    mapped(paths, (paths): RouteSettings => ({ paths, hide: false, off: false })),
    mapped(details, ({ path, ...rest }): RouteSettings => ({ paths: path ?? null, off: false, ...rest }))
  )
  return optional(settings, {})
}

export const routes = group({
  signup: route(),
  login: route(),
  refresh: route(),
  logout: route(),
  logoutAll: route(),
  verify: route(),
  me: route(),
  deleteMe: route(),
  publicProfile: route(':username'),
  sessions: route(),
  endSession: route(':id'),
  endOtherSessions: route(),
  verifyEmail: route(),
  resendVerification: route(),
  forgotPassword: route(),
  resetPassword: route(),
  changePassword: route(),
  changeEmail: route(),
  confirmEmailChange: route(),
  action: route(),
  jwks: route(),
  apiKeys: route(),
  createApiKey: route(),
  endApiKey: route(':id')
})

export type RouteName = keyof Read<typeof routes>
