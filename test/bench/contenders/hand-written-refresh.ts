/**
 * The floor for refreshing: one route that does the least that rotation can be done with. The token is the session in
 * plain text, nothing is validated, no key but the access token's is used.
 */
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import pg from 'pg'
import { type Rotation, rotationQuery } from '../rotation.ts'
import { serve, settings } from './parent.ts'

const { storage, rotation, key } = settings<{ storage: string; rotation: Rotation; key: string }>()
const pool = new pg.Pool({ connectionString: storage, max: 10 })
const app = Fastify()
await app.register(fastifyJwt, { secret: key })

app.post('/refresh', async (request) => {
  const [id = '', digest = '', generation] = (request.body as { refreshToken: string }).refreshToken.split('.')
  const { rows } = await pool.query(rotationQuery(rotation, { id, digest, generation: Number(generation) }))
  const [row] = rows
  const now = Math.floor(Date.now() / 1000)
  const claims = { email: row.email, emailVerified: row.email_verified_at !== null }
  const registered = {
    iss: 'host',
    aud: 'host',
    sub: row.id,
    sid: id,
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 600
  }
  return {
    user: { id: row.id, ...claims, createdAt: row.created_at, updatedAt: row.updated_at },
    accessToken: app.jwt.sign({ ...claims, ...registered }),
    refreshToken: `${id}.${digest}.${row.generation}`,
    tokenType: 'Bearer',
    expiresIn: 600
  }
})
await serve(app)
