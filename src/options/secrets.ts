/** What may sign: random text of 32 bytes or more, and nothing that is a key of another kind. */
import { type Kind, kindOf, oneOrMore } from './kinds.ts'
import { measure, refuse, SECRET_BYTES } from './refusal.ts'

const EXPECTED = `a secret of at least ${SECRET_BYTES} bytes`
const ONE_OR_MORE = `${EXPECTED} or a list of them`

const longEnough = kindOf(
  EXPECTED,
  (value) => typeof value === 'string',
  (value) => Buffer.byteLength(value) >= SECRET_BYTES,
  (value) => `${measure(value)} (\`npx fastify-gatehouse secret\` makes one)`
)

// A public key is known to everybody, and as a secret it signs for everybody (RFC 8725 2.1). It is looked for anywhere in
// the text: whitespace or any other byte before it was how the same check was passed elsewhere (CVE-2023-48223,
// GHSA-mvf2-f6gm-w987 for PEM; GHSA-g3jj-5cmm-3hxx for JWK and JWKS).
const lookalikes = [
  { pattern: /-----BEGIN/, name: 'what looks like a PEM' },
  { pattern: /"(?:kty|keys)"\s*:/, name: 'what looks like a JWK' },
  // Long enough and worth nothing: RFC 7518 3.2 asks for as much entropy as the hash has bits.
  { pattern: /^(.)\1*$/su, name: 'one character, repeated' }
] as const

const secret: Kind<string> = {
  ...longEnough,
  read(value, path) {
    const candidate = longEnough.read(value, path)
    const lookalike = lookalikes.find(({ pattern }) => pattern.test(candidate))
    return lookalike === undefined ? candidate : refuse(path, `${EXPECTED} that is random text`, lookalike.name)
  }
}

const oneOrMoreSecrets = oneOrMore(secret)

/** One secret or a list of them: the first makes, all are accepted. */
export const secrets: Kind<readonly string[]> = {
  ...oneOrMoreSecrets,
  expected: ONE_OR_MORE,
  read(value, path) {
    const fits = oneOrMoreSecrets.fits(value)
    return fits ? oneOrMoreSecrets.read(value, path) : refuse(path, ONE_OR_MORE, measure(value))
  }
}
