/** Where AUTH_SECRET comes from when nobody set it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { format, parse } from 'node:path'
import { fileURLToPath } from 'node:url'

export function readSecret({ AUTH_SECRET, NODE_ENV }: NodeJS.ProcessEnv, storage: string): string {
  if (AUTH_SECRET) return AUTH_SECRET
  if (NODE_ENV === 'production') {
    throw new Error('AUTH_SECRET is required when NODE_ENV is production: `npx fastify-gatehouse secret` makes one')
  }
  return keptSecret(secretFile(storage))
}

/** Kept, so that who is signed in stays signed in when the example is started again. */
function keptSecret(file: string): string {
  try {
    // `wx` fails when the file exists: of two first starts at the same time, one makes the secret and both use it.
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

/** Beside the database where that is a file or a folder, else beside this one. */
function secretFile(storage: string): string {
  const [, database] = /^(?:sqlite|pglite):(?!:memory:)(.+)$/.exec(storage) ?? []
  const { dir, name } = parse(database ?? fileURLToPath(new URL('gatehouse', import.meta.url)))
  return format({ dir, name, ext: '.secret' })
}
