/** Source files as the architecture's rules see them: where they are, what they say, what they import. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export interface SourceFile {
  /** From the source folder, such as `session/open.ts`. */
  readonly path: string
  readonly text: string
  /** The text without comments, strings and templates: what only the compiler reads. */
  readonly code: string
  readonly imports: readonly Import[]
}

export interface Import {
  readonly specifier: string
  /** The file it means, from the source folder, when it is one of ours. */
  readonly target: string | null
  /** The package it means, when it is one: `@fastify/jwt` of `@fastify/jwt/types.js`. */
  readonly package: string | null
  /** Erased before anything runs. */
  readonly typeOnly: boolean
}

export function readSource(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => sourceFile(path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')))
}

export function sourceFile(path: string, text: string): SourceFile {
  const uncommented = text.replace(TOKENS, (token) => (token.startsWith('/') ? ' ' : token))
  const code = text.replace(TOKENS, (token) => (token.startsWith('/') ? ' ' : "''"))
  return { path, text, code, imports: importsOf(path, uncommented) }
}

/** Comments and strings, found together, so that neither is looked for inside the other. */
const TOKENS = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g

/** `import … from '…'` and `export … from '…'`, over any number of lines. */
const STATIC = /^(?:import|export)\s+(?<clause>[^'"`;=()]*?)\s*\bfrom\s*['"](?<specifier>[^'"]+)['"]/gm
/** `import '…'` */
const BARE = /^import\s*['"](?<specifier>[^'"]+)['"]/gm
/** `import('…')`, and the type `import('…').Name` */
const INLINE = /(?<typeOf>\btypeof\s+)?\bimport\(\s*['"](?<specifier>[^'"]+)['"]\s*\)(?<member>\.[A-Z])?/g

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string | undefined, typeOnly: boolean) => {
    if (specifier !== undefined) found.push({ specifier, typeOnly, ...resolved(path, specifier) })
  }
  for (const { groups } of text.matchAll(STATIC)) add(groups?.specifier, isTypeOnly(groups?.clause ?? ''))
  for (const { groups } of text.matchAll(BARE)) add(groups?.specifier, false)
  for (const { groups } of text.matchAll(INLINE)) add(groups?.specifier, Boolean(groups?.typeOf ?? groups?.member))
  return found
}

/** `type { A, B }`, or `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true
  const names = /^\{([^}]*)\}$/.exec(clause)?.[1]?.split(',') ?? []
  return names.length > 0 && names.every((name) => name.trim() === '' || /^type\s/.test(name.trim()))
}

function resolved(path: string, specifier: string): Pick<Import, 'target' | 'package'> {
  if (specifier.startsWith('.')) return { target: posix.join(posix.dirname(path), specifier), package: null }
  if (specifier.startsWith('node:')) return { target: null, package: specifier }
  const [scope = '', name = ''] = specifier.split('/')
  return { target: null, package: scope.startsWith('@') ? `${scope}/${name}` : scope }
}
