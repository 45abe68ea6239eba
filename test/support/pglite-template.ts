/** A new PGlite spends seconds on initdb, the same each time: it is done once, and copied from then on. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))

export async function copyPglite(folder: string): Promise<void> {
  cpSync(await pgliteTemplate(), folder, { recursive: true })
}

export async function pgliteTemplate(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(modules, '@electric-sql/pglite/package.json'), 'utf8'))
  const ready = join(modules, `.cache/fastify-gatehouse/pglite-${version}`)
  if (!existsSync(ready)) await makeTemplate(ready)
  return ready
}

/** Made aside and moved into place whole: of several files that come first, one wins and the others use its work. */
async function makeTemplate(ready: string): Promise<void> {
  mkdirSync(dirname(ready), { recursive: true })
  const draft = mkdtempSync(`${ready}-`)
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = await PGlite.create(draft)
  await pglite.close()
  try {
    renameSync(draft, ready)
  } catch (error) {
    if (!existsSync(ready)) throw error
    rmSync(draft, { recursive: true })
  }
}
