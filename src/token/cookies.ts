/**
 * The cookies of a session. Written and read here and not through a host's `setCookie`: its `parseOptions` would put a domain
 * or a signature on them, and a `__Host-` cookie with either is no cookie.
 */
import { fastifyCookie } from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'

/** RFC 6265bis 5.6: browsers drop what is longer, name and value together. */
const MAX_LENGTH = 4096

export interface CookieSettings {
  /** Before `access` and `refresh`, so that two user bases of one app do not take each other's; empty for the first. */
  readonly base: string
  readonly secure: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly domain?: string
  /** Seconds. */
  readonly accessTtl: number
  readonly refreshTtl: number
}

export interface SessionCookies {
  /** The tokens in a request's `Cookie` header. */
  read(header: string | undefined): { readonly access?: string; readonly refresh?: string }
  /** Values for `Set-Cookie`. Without `remember` they end with the browser's session. */
  write(tokens: { readonly access?: string; readonly refresh?: string }, remember: boolean): string[]
  /** CK11: the same attributes as when they were set, or a browser keeps them. */
  clear(): string[]
}

/** `scope` must be of no host: one that has a copy of @fastify/cookie, or other `cookies` on its requests, is in the way of ours. */
export async function createSessionCookies(
  scope: FastifyInstance,
  { base, secure, sameSite, domain, accessTtl, refreshTtl }: CookieSettings
): Promise<SessionCookies> {
  // Its two functions work once it was registered somewhere.
  await scope.register(fastifyCookie)
  const { parse, serialize } = fastifyCookie
  const prefix = secure ? (domain === undefined ? '__Host-' : '__Secure-') : ''
  const names = { access: `${prefix}${base}access`, refresh: `${prefix}${base}refresh` }
  const attributes = { httpOnly: true, path: '/', secure, sameSite, ...(domain !== undefined && { domain }) }

  function cookie(name: string, value: string, maxAge: number | undefined): string {
    if (name.length + value.length > MAX_LENGTH) throw new RangeError(`the cookie ${name} is larger than browsers keep`)
    return serialize(name, value, { ...attributes, ...(maxAge !== undefined && { maxAge: Math.floor(maxAge) }) })
  }

  return {
    read(header) {
      // Most requests that bring cookies bring other ones.
      if (header === undefined || !(header.includes(names.access) || header.includes(names.refresh))) return {}
      const { [names.access]: access, [names.refresh]: refresh } = parse(header)
      return { ...(access && { access }), ...(refresh && { refresh }) }
    },
    write({ access, refresh }, remember) {
      return [
        ...(access === undefined ? [] : [cookie(names.access, access, remember ? accessTtl : undefined)]),
        ...(refresh === undefined ? [] : [cookie(names.refresh, refresh, remember ? refreshTtl : undefined)])
      ]
    },
    clear: () => [cookie(names.access, '', 0), cookie(names.refresh, '', 0)]
  }
}
