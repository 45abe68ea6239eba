/** Who a request speaks for: what an access token proves. */

/**
 * The host's own user fields. Declare them once, next to the schema that checks them:
 *
 * ```ts
 * declare module 'fastify-gatehouse' {
 *   interface AuthUserFields extends Static<typeof UserFields> {}
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: open for the host's declaration
export interface AuthUserFields {}

/** The claims beside the registered ones: by default the identifiers and `emailVerified` (option `accessToken.claims`). */
export interface AuthClaims extends Partial<AuthUserFields> {
  readonly email?: string
  readonly emailVerified?: boolean
  readonly username?: string
}

/** `request.user`: frozen, and a new object for each request. */
export interface RequestUser extends AuthClaims {
  readonly id: string
  readonly sessionId: string
}

/** An access token, verified. */
export interface Identity {
  /** Deeply frozen; requests get copies (JW10: one request cannot change what another sees). */
  readonly user: RequestUser
  readonly tokenId: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}
