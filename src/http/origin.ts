import type { FastifyRequest } from 'fastify'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * CK8: what changes nothing needs no proof of where it comes from. A WebSocket begins with a GET and does: browsers let any
 * page open one, cookies included, and read what it says (RFC 6455 10.2; no CORS asks the server first).
 */
export const isSafe = ({ method, headers }: FastifyRequest): boolean =>
  SAFE.has(method) && !/websocket/i.test(headers.upgrade ?? '')

/**
 * Whether a page of ours, or of an origin that the options list, made this request: what a cookie alone does not say, since a
 * browser sends it along with anybody's request (CK5; OWASP CSRF, Fetch Metadata with Origin as the fallback).
 */
export function isOwnRequest(request: FastifyRequest, origins: readonly string[]): boolean {
  const { origin } = request.headers
  if (origin !== undefined && origins.includes(origin)) return true
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  // Old browsers, and those that are not: they say at least where they are.
  if (origin === undefined || !URL.canParse(origin)) return false
  const { protocol, host } = new URL(origin)
  // A default port may be written or left out.
  const own = `${protocol}//${request.host}`
  return URL.canParse(own) && new URL(own).host === host
}
