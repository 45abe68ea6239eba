/** The published types, as a host's compiler meets them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository, requireFreshBuild, runTool } from './support/run.ts'
import { readSource } from './support/source-files.ts'

requireFreshBuild()

t.test('the type tests compile against the built package', async (t) => {
  t.ok(readdirSync(join(repository, 'test/types')).length > 3)
  t.equal(await runTool('tsc', ['-p', 'test/types']), '')
})

t.test('nothing public is typed any', async (t) => {
  const declarations = readSource(join(repository, 'dist')).filter(({ path }) => path.endsWith('.d.ts'))
  t.ok(declarations.length > 20)
  t.same(
    declarations.flatMap(({ path, code }) => linesWithAny(code).map((line) => `${path}: ${line}`)),
    []
  )
  t.same(linesWithAny('declare const row: any;'), ['declare const row: any;'], 'the check can fail')
})

function linesWithAny(code: string): string[] {
  // How @fastify/error types the arguments of a message; its constructors stay inside.
  const ours = code.replaceAll('[any?, any?, any?]', '')
  return ours.split('\n').filter((line) => /\bany\b/.test(line))
}
