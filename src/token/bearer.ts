/**
 * RFC 6750 2.1: `Authorization: Bearer <token>`, the scheme in any letter case (RFC 9110 11.1).
 *
 * Undefined when the header is absent or of another scheme (a host may use Basic beside us); an empty string when the
 * scheme is there and the token is not.
 */
export function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  if (header.startsWith('Bearer ')) return header.slice(7)
  if (header.length < 6 || header.slice(0, 6).toLowerCase() !== 'bearer') return undefined
  return header.length === 6 ? '' : header[6] === ' ' ? header.slice(7) : undefined
}
