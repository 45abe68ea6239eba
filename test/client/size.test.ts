/** What a browser downloads: of the client alone, and no more than it says. */
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { repository } from '../support/run.ts'
import { readSource, type SourceFile } from '../support/source-files.ts'

const files = readSource(join(repository, 'src/client'))

/** Before a bundler shortens names, which takes a quarter off: esbuild leaves 3,000 of it. */
const BUDGET = 3973

t.test('no module imports anything but its neighbours', async (t) => {
  t.ok(files.length > 5)
  for (const { path, imports } of files) {
    const foreign = imports.filter(({ specifier }) => !/^\.\/[\w-]+\.ts$/.test(specifier))
    t.same(foreign, [], path)
  }
})

t.test(`together they weigh less than ${BUDGET} bytes, gzipped`, async (t) => {
  const bundle = files.map(scriptOf).join('\n')
  t.match(bundle, 'createAuthClient')
  t.notMatch(bundle, /\/\*|: string/, 'comments and types are gone')
  const weight = gzipSync(bundle, { level: 9 }).length
  t.comment(`${weight} bytes`)
  t.ok(weight < BUDGET, `${weight} bytes`)
})

/** What is left of a module without types, comments, indents, and the imports that a bundle has none of. */
function scriptOf({ text }: SourceFile): string {
  return stripTypeScriptTypes(text)
    .replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, '')
    .replace(/^(import|export)\s[^;]*?from\s+'.*'/gm, '')
    .replace(/ {2,}/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
}
