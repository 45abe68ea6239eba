/** The statement of rotation alone, from a pool as large as the servers'. */
import pg from 'pg'
import { type Rotation, rotationQuery, type SessionKey } from '../rotation.ts'
import { repeat, settings } from './parent.ts'

const { storage, rotation, sessions } = settings<{ storage: string; rotation: Rotation; sessions: SessionKey[] }>()
const pool = new pg.Pool({ connectionString: storage, max: 10 })
const generations = sessions.map(() => 0)

repeat(sessions.length, async (worker) => {
  const session = sessions[worker] as SessionKey
  const { rows } = await pool.query(rotationQuery(rotation, { ...session, generation: generations[worker] ?? 0 }))
  generations[worker] = rows[0].generation
})
