/** The JWT that a client shows with each request: RFC 9068's profile, signed and verified by @fastify/jwt. */
import fastifyJwt, { type JWT } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import type { Keyring } from '../crypto/keyring.ts'
import { randomId } from '../crypto/random.ts'
import type { AuthClaims, Identity, RequestUser } from './identity.ts'
import { createTokenMemory } from './token-memory.ts'

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
const MAX_LENGTH = 8192
const MAX_FUTURE_SECONDS = 60
// ECMA-262 21.4.1.1: a Date holds no later time.
const MAX_SECONDS = 8.64e12

export interface AccessTokenSettings {
  readonly issuer: string
  readonly audience: string
  /** Seconds. */
  readonly ttl: number
}

export type VerifiedToken =
  | { readonly outcome: 'valid'; readonly identity: Identity }
  /** Ours in every respect, but its time is over. */
  | { readonly outcome: 'expired'; readonly identity: Identity }
  | { readonly outcome: 'invalid' }

export interface AccessTokens {
  issue(subject: { readonly userId: string; readonly sessionId: string; readonly claims: AuthClaims }): string
  verify(token: string): VerifiedToken
}

const INVALID: VerifiedToken = Object.freeze({ outcome: 'invalid' })

/** `scope` must be a scope of our own: @fastify/jwt decorates it. */
export async function createAccessTokens(
  scope: FastifyInstance,
  keyring: Keyring,
  settings: AccessTokenSettings,
  clock: () => number
): Promise<AccessTokens> {
  const signers = await registerSigners(scope, keyring)
  const [signing] = signers as [Signer]
  const seen = createTokenMemory<Identity>()

  return {
    issue({ userId, sessionId, claims }) {
      const iat = Math.floor(clock() / 1000)
      // The registered claims come last: a host's claim of the same name cannot replace one.
      return signing.jwt.sign({
        ...claims,
        iss: settings.issuer,
        aud: settings.audience,
        sub: userId,
        sid: sessionId,
        jti: randomId(),
        iat,
        exp: iat + settings.ttl
      })
    },

    verify(token) {
      let identity = seen.recall(token)
      if (identity === undefined) {
        const payload = verifySignature(signers, token)
        const read = payload && readClaims(payload, settings, clock())
        if (!read) return INVALID
        identity = read
        seen.keep(token, identity)
      }
      return { outcome: clock() < identity.expiresAt ? 'valid' : 'expired', identity }
    }
  }
}

interface Signer {
  readonly kid: string
  /** What every token of this key begins with, the dot included. */
  readonly header: string
  readonly jwt: JWT
}

/** One registration per key: @fastify/jwt verifies synchronously only with a key that it knows at boot. */
async function registerSigners(scope: FastifyInstance, keyring: Keyring): Promise<Signer[]> {
  // A namespace map of our own hides the host's `app.jwt` from this scope, so that ours is not written into it.
  scope.decorate('jwt', Object.create(null))
  const namespaces = scope.jwt as unknown as Record<string, JWT>
  const signers: Signer[] = []
  for (const [place, key] of keyring.entries()) {
    const kid = key.kid.toString(16).padStart(2, '0')
    const namespace = `gatehouse${place}`
    await scope.register(fastifyJwt, {
      namespace,
      secret: key.bytes,
      sign: { algorithm: ALGORITHM, typ: TYPE, kid } as object,
      // Expiry is read by us, against our clock: signing out with an expired token is allowed. `allowedIss` and its
      // like accept regular expressions and arrays; the claims are checked by us, to the type (JW6, JW7). No cache:
      // fast-jwt's hands the same object to every request (JW10).
      verify: { algorithms: [ALGORITHM], checkTyp: TYPE, ignoreExpiration: true, cache: false }
    })
    const jwt = namespaces[namespace] as JWT
    signers.push({ kid, header: `${jwt.sign({}).split('.', 1)[0]}.`, jwt })
  }
  return signers
}

function verifySignature(signers: readonly Signer[], token: string): Record<string, unknown> | undefined {
  if (token.length > MAX_LENGTH || !isCanonical(token)) return undefined
  for (const { jwt } of candidates(signers, token)) {
    try {
      return jwt.verify<Record<string, unknown>>(token)
    } catch {
      // A wrong key and a wrong token look the same; the next key may be the right one.
    }
  }
  return undefined
}

/**
 * RFC 7515 2: base64url without padding, each part in its one spelling (JW9). Only the ends are looked at: that every
 * character is of the alphabet, and that there are three parts, @fastify/jwt finds when it decodes them.
 */
function isCanonical(token: string): boolean {
  const payload = token.indexOf('.') + 1
  const signature = token.lastIndexOf('.') + 1
  return (
    endsCanonically(token, 0, payload - 1) &&
    endsCanonically(token, payload, signature - 1) &&
    endsCanonically(token, signature, token.length)
  )
}

/** Bits of a last character that belong to no byte are zero, or a decoder that ignores them takes several texts for one. */
function endsCanonically(token: string, from: number, to: number): boolean {
  const last = token.charAt(to - 1)
  switch ((to - from) % 4) {
    case 0:
      return to > from
    case 2:
      return 'AQgw'.includes(last)
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last)
    default:
      return false
  }
}

/** `kid` is an index into our own keys and nothing else (JW3): an unknown one has no candidate. */
function candidates(signers: readonly Signer[], token: string): readonly Signer[] {
  const known = signers.filter(({ header }) => token.startsWith(header))
  if (known.length > 0) return known
  const kid = readKid(token.slice(0, token.indexOf('.')))
  return kid === undefined ? signers : signers.filter((signer) => signer.kid === kid)
}

function readKid(header: string): unknown {
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown } | null)?.kid
  } catch {
    return undefined
  }
}

/** JW5, JW7: every claim that we issue must be there, of its type and of its value; RFC 9068 4. */
function readClaims(
  payload: Record<string, unknown>,
  settings: AccessTokenSettings,
  now: number
): Identity | undefined {
  const { iss, aud, sub, sid, jti, iat, exp } = payload
  if (iss !== settings.issuer || aud !== settings.audience) return undefined
  if (!isName(sub) || !isName(sid) || !isName(jti)) return undefined
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp) || (exp as number) > MAX_SECONDS) return undefined
  if ((iat as number) > now / 1000 + MAX_FUTURE_SECONDS) return undefined
  // The one place where a token's claims become a type: they were checked when the user's fields were stored.
  const user: Record<string, unknown> = {}
  for (const name in payload) if (!REGISTERED.has(name)) user[name] = payload[name]
  const known = deepFreeze(Object.assign(user as AuthClaims, { id: sub, sessionId: sid })) satisfies RequestUser
  // Not beyond today's lifetime: the set of ended sessions remembers no longer, when a restart shortened it.
  return Object.freeze({
    user: known,
    tokenId: jti,
    expiresAt: Math.min(exp as number, (iat as number) + settings.ttl) * 1000
  })
}

/** RFC 7519 4.1 and our `sid`: not the host's to read as claims. */
const REGISTERED: ReadonlySet<string> = new Set(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp'])

const isName = (value: unknown): value is string => typeof value === 'string' && value !== ''

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member)
  return Object.freeze(value)
}
