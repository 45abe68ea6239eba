/** The statement that rotation really is, taken down while this package runs it. */
import { createHash } from 'node:crypto'
import Fastify from 'fastify'
import authPlugin from 'fastify-gatehouse'
import pg from 'pg'
import { stringify } from 'uuid'

export interface SessionKey {
  readonly id: string
  readonly digest: string
}

/** A parameter: one that stands for a part of the token, or a value that is always the same. */
type Parameter = { readonly part: 'id' | 'digest' | 'generation' | 'successor' } | { readonly value: unknown }

export interface Rotation {
  readonly name: string
  readonly text: string
  readonly parameters: readonly Parameter[]
}

export function rotationQuery(
  { name, text, parameters }: Rotation,
  key: SessionKey & { readonly generation: number }
): { name: string; text: string; values: unknown[] } {
  const parts = { ...key, successor: key.generation + 1 }
  return { name, text, values: parameters.map((each) => ('part' in each ? parts[each.part] : each.value)) }
}

/** What a refresh token of this package names: bytes 2 to 17 are the session, 18 to 33 the secret. */
export function sessionOf(refreshToken: string): SessionKey {
  const bytes = Buffer.from(refreshToken.slice(3), 'base64url')
  return {
    id: stringify(bytes.subarray(2, 18)),
    digest: createHash('sha256').update(bytes.subarray(18, 34)).digest('base64url')
  }
}

/** Refreshes twice: what stayed the same and what moved shows which parameter is which. */
export async function recordRotation(storage: string, account: { email: string; password: string }): Promise<Rotation> {
  const app = Fastify()
  await app.register(authPlugin, { secret: 'only to take down a statement, never kept', storage })
  await app.ready()
  await app.auth.signup(account)
  const { refreshToken } = await app.auth.login(account)
  let token = refreshToken
  const refresh = async () => {
    token = (await app.auth.refresh({ refreshToken: token })).refreshToken
  }
  const [first, second] = [await recorded(refresh), await recorded(refresh)]
  await app.close()
  return {
    name: first.name,
    text: first.text,
    parameters: first.values.map((value, place) => role(value, second.values[place]))
  }

  function role(value: unknown, later: unknown): Parameter {
    const { id, digest } = sessionOf(refreshToken)
    if (value === id) return { part: 'id' }
    if (value === digest) return { part: 'digest' }
    if (value === later) return { value }
    return { part: value === 0 ? 'generation' : 'successor' }
  }
}

interface Recorded {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

async function recorded(work: () => Promise<void>): Promise<Recorded> {
  const { query } = pg.Client.prototype
  const statements: Recorded[] = []
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: Parameters<typeof query>) {
    const statement = parameters[0] as unknown as Recorded
    // The process also looks for letters and for sessions that ended elsewhere, by itself.
    if (/update "auth_sessions"/.test(statement.text)) statements.push(statement)
    return query.apply(this, parameters)
  } as typeof query
  await work()
  pg.Client.prototype.query = query
  const [statement] = statements
  if (statement === undefined || statements.length > 1) throw new Error('a refresh was not one statement')
  return statement
}
