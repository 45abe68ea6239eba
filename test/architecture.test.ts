/**
 * The rules of the house that a script can check. Each has a sample that breaks it: a rule that finds nothing wrong
 * there would find nothing anywhere.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Import, readSource, type SourceFile, sourceFile } from './support/source-files.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const house = readSource(path('../src'))
const { dependencies, peerDependencies } = JSON.parse(readFileSync(path('../package.json'), 'utf8'))
const declared = Object.keys({ ...dependencies, ...peerDependencies })

/** Who may import whom, types too. A room is a folder of src or a file beside the folders; each may import itself. */
const rooms: Readonly<Record<string, string>> = {
  errors: '',
  store: '',
  crypto: '',
  events: '',
  journal: 'crypto store events',
  client: '',
  cleanup: 'store',
  testing: 'store',
  token: 'crypto errors',
  password: 'crypto errors',
  session: 'crypto token password store errors events',
  mail: 'crypto token session store errors events',
  throttle: 'crypto store errors events',
  options: 'password session mail throttle store errors events',
  context: 'crypto token password session mail throttle store errors events journal options',
  http: 'token session store errors events options context',
  adapters: 'store errors options',
  feature: 'session store errors events options context http',
  features: 'crypto token password session mail throttle store errors events options context http feature',
  access: 'token session store errors events options context http',
  registry: 'cleanup events feature features',
  augment: 'token access registry',
  plugin: 'cleanup crypto token mail store errors events options context http feature access registry adapters',
  index: 'cleanup token mail session store errors events options feature features access registry augment plugin',
  cli: 'cleanup crypto store errors options registry adapters'
}

/** Packages that only some places may know. What is listed under `types` may name them, but runs nothing of theirs. */
const packages: Readonly<Record<string, { readonly values: string; readonly types?: string }>> = {
  fastify: { values: 'plugin.ts http/ access/ features/', types: '*' },
  kysely: { values: 'adapters/kysely/', types: 'adapters/storage.ts options/' },
  pg: { values: 'adapters/kysely/' },
  '@electric-sql/pglite': { values: 'adapters/kysely/' },
  'node:sqlite': { values: 'adapters/kysely/' },
  '@node-rs/argon2': { values: 'password/' },
  '@fastify/jwt': { values: 'token/access-token.ts plugin.ts augment.ts' }
}

interface Rule {
  readonly name: string
  /** Files that break the rule, as path and text. */
  readonly sample: Readonly<Record<string, string>>
  /** One sentence for each offence. */
  offences(files: readonly SourceFile[]): string[]
}

const rules: readonly Rule[] = [
  {
    name: 'a room imports only from the rooms it may know',
    sample: { 'crypto/seal.ts': "import type { Context } from '../context.ts'" },
    offences: eachImport(({ path }, { target }) => {
      if (target === null || roomOf(target) === roomOf(path)) return
      if (!rooms[roomOf(path)]?.split(' ').includes(roomOf(target))) return `must not import ${target}`
    })
  },
  {
    name: 'every room has its line in the table',
    sample: { 'attic/trunk.ts': '' },
    offences: eachFile(({ path }) => (Object.hasOwn(rooms, roomOf(path)) ? undefined : 'is in a room without a line'))
  },
  {
    name: 'a feature imports no other feature',
    sample: { 'features/login.ts': "import { signup } from './signup.ts'" },
    offences: eachImport(({ path }, { target }) => {
      if (roomOf(path) !== 'features' || target === null || roomOf(target) !== 'features') return
      if (featureOf(path) !== featureOf(target)) return `must not import ${target}`
    })
  },
  {
    name: 'no file reaches itself through its imports',
    sample: {
      'session/a.ts': "import './b.ts'",
      'session/b.ts': "import type { C } from './c.ts'",
      'session/c.ts': "export * from './a.ts'"
    },
    offences: cycles
  },
  {
    name: 'a package is known only where it belongs',
    sample: { 'session/open.ts': "import { sql } from 'kysely'" },
    offences: eachImport(({ path }, { package: name, typeOnly }) => {
      const place = packages[name ?? '']
      if (!place || isWithin(path, place.values) || (typeOnly && isWithin(path, place.types ?? ''))) return
      return `must not import ${typeOnly ? 'types' : 'values'} of ${name}`
    })
  },
  {
    name: 'every imported package is declared',
    sample: { 'session/open.ts': "const load = () => import('left-pad')" },
    offences: eachImport((_, { package: name }) => {
      if (name === null || name.startsWith('node:') || declared.includes(name)) return
      return `imports ${name}, which package.json does not declare`
    })
  },
  {
    name: 'every declared package is imported',
    sample: { 'session/open.ts': '' },
    offences: (files) => {
      const imported = new Set(files.flatMap((file) => file.imports.map((each) => each.package)))
      return declared.filter((name) => !imported.has(name)).map((name) => `package.json declares ${name} for nothing`)
    }
  },
  {
    name: 'a relative import ends in .ts',
    sample: { 'session/open.ts': "import { rotate } from './rotate.js'" },
    offences: eachImport((_, { target, specifier }) => {
      if (target !== null && !target.endsWith('.ts')) return `imports ${specifier}, which does not end in .ts`
    })
  },
  {
    name: 'no file is longer than 300 lines',
    sample: { 'session/open.ts': '\n'.repeat(301) },
    offences: eachFile(({ text }) => {
      const lines = text.split('\n').length - 1
      if (lines > 300) return `has ${lines} lines`
    })
  },
  {
    name: 'names are in kebab-case',
    sample: { 'session/endedSessions.ts': '' },
    offences: eachFile(({ path }) =>
      /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path) ? undefined : 'is not kebab-case'
    )
  },
  {
    name: 'no name says nothing',
    sample: { 'session/utils.ts': '', 'helpers/open.ts': '' },
    offences: eachFile(({ path }) => {
      const name = /\b(utils?|helpers?|common|managers?|services?)(?=\/|\.ts)/.exec(path)
      if (name) return `is named ${name[0]}, which says nothing about it`
    })
  },
  {
    name: 'nothing is typed any, and no error of the compiler is silenced',
    sample: { 'session/open.ts': 'const row = {} as any', 'session/rotate.ts': '// @ts-ignore\n' },
    offences: eachFile(({ code, text }) => {
      const hatch = /(?<!\.)\bany\b(?!\()/.exec(code) ?? /@ts-(ignore|expect-error|nocheck)/.exec(text)
      if (hatch) return `says ${hatch[0]}`
    })
  },
  {
    name: 'only the command line writes to the console',
    sample: { 'session/open.ts': "console.log('opened')" },
    offences: eachFile(({ path, code }) => {
      if (roomOf(path) !== 'cli' && /\bconsole\./.test(code)) return 'writes to the console'
    })
  }
]

t.test('the rules look at the whole house', async (t) => {
  t.ok(house.length > 20)
  t.ok(house.flatMap((file) => file.imports).length > house.length)
})

for (const { name, sample, offences } of rules) {
  t.test(name, async (t) => {
    t.same(offences(house), [])
    const bad = Object.entries(sample).map(([path, text]) => sourceFile(path, text))
    t.ok(offences(bad).length >= bad.length, 'every file of the sample is refused')
  })
}

t.test('imports are found in every form', async (t) => {
  const text = `
import bare, { type A } from 'values'
import {
  type B,
  type C
} from 'types'
import type { D } from '@scope/types/deep.js'
import 'effect'
export type * from 'more-types'
export * from './near.ts'
// import 'comment'
const url = 'https://example.com' // import('trailing')
const lazy = () => import('lazy')
type E = import('inline').Inline
`
  t.same(
    sourceFile('room/file.ts', text).imports.map(({ target, package: name, typeOnly }) => [target ?? name, typeOnly]),
    [
      ['values', false],
      ['types', true],
      ['@scope/types', true],
      ['more-types', true],
      ['room/near.ts', false],
      ['effect', false],
      ['lazy', false],
      ['inline', true]
    ]
  )
})

function eachFile(check: (file: SourceFile) => string | undefined): Rule['offences'] {
  return (files) =>
    files.flatMap((file) => {
      const offence = check(file)
      return offence === undefined ? [] : [`${file.path} ${offence}`]
    })
}

function eachImport(check: (file: SourceFile, each: Import) => string | undefined): Rule['offences'] {
  return (files) => files.flatMap((file) => file.imports.flatMap((each) => eachFile(() => check(file, each))([file])))
}

/** One sentence for each file from which the imports lead back to it, by the shortest way. */
function cycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]))
  return files.flatMap(({ path }) => {
    const ways = [[path]]
    const seen = new Set<string>()
    for (const way of ways) {
      for (const next of targets.get(way.at(-1) ?? '') ?? []) {
        if (next === path) return [`${[...way, path].join(' -> ')} is a cycle`]
        if (!seen.has(next)) ways.push([...way, next])
        seen.add(next)
      }
    }
    return []
  })
}

function roomOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

function featureOf(path: string): string | undefined {
  return path.split('/')[1]?.replace(/\.ts$/, '')
}

function isWithin(path: string, places: string): boolean {
  return places === '*' || places.split(' ').some((place) => place !== '' && path.startsWith(place))
}
