/**
 * The least that a login can be: one hash behind the same gate, between two statements that do nothing. What is lost
 * against the hash alone, any server loses that shares its cores with its clients and its database.
 */
import { hash, verify } from '@node-rs/argon2'
import Fastify from 'fastify'
import pg from 'pg'
import { serve, settings } from './parent.ts'

const { storage, concurrency } = settings<{ storage: string; concurrency: number }>()
const pool = new pg.Pool({ connectionString: storage, max: 10 })
const stored = await hash('a good passphrase', { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
const app = Fastify()
let running = 0
const waiting: (() => void)[] = []

app.post('/login', async (request) => {
  await pool.query({ name: 'before', text: 'SELECT 1' })
  if (running < concurrency) running += 1
  else await new Promise<void>((admit) => waiting.push(admit))
  const valid = await verify(stored, (request.body as { password: string }).password)
  const admit = waiting.shift()
  if (admit) admit()
  else running -= 1
  await pool.query({ name: 'after', text: 'SELECT 2' })
  return { valid }
})
await serve(app)
