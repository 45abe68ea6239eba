/** One tab in a thread of its own: its globals and its store are no other's, as in a browser. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parentPort, threadId, workerData } from 'node:worker_threads'
import { createAuthClient, type KeepName, type TokenStore } from '../../src/client/index.ts'

export interface TabData {
  readonly url: string
  readonly keep: KeepName | { readonly file: string }
  /** What the tab's sessionStorage holds at first: a duplicated tab begins with a copy. */
  readonly sessionStorage?: Readonly<Record<string, string>>
}

export type Order =
  | { readonly verb: 'signIn'; readonly input: { readonly email: string; readonly password: string } }
  | { readonly verb: 'status'; readonly input: string }
  | { readonly verb: 'ready' | 'signOut' | 'look' | 'close' }

export interface Look {
  readonly email: string | null
  readonly reasons: readonly string[]
  readonly sessionStorage: Readonly<Record<string, string>>
}

const { url, keep, sessionStorage = {} }: TabData = workerData
const stored = new Map(Object.entries(sessionStorage))
Object.defineProperty(globalThis, 'sessionStorage', {
  value: {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key)
  }
})

const reasons: string[] = []
const auth = createAuthClient({
  url,
  keep: typeof keep === 'string' ? keep : fileStore(keep.file),
  onSignedOut: (reason) => reasons.push(reason)
})

async function obey(order: Order): Promise<unknown> {
  switch (order.verb) {
    case 'signIn':
      return auth.signIn(order.input)
    case 'status':
      return (await auth.fetch(order.input)).status
    case 'ready':
      return auth.ready()
    case 'signOut':
      return auth.signOut()
    case 'look':
      return { email: auth.user?.email ?? null, reasons, sessionStorage: Object.fromEntries(stored) } satisfies Look
    case 'close':
      return parentPort?.close()
  }
}

parentPort?.on('message', async (order: Order) => parentPort?.postMessage(await obey(order)))

function fileStore(file: string): TokenStore {
  return {
    read: () => readFileSync(file, 'utf8') || null,
    write(value) {
      const draft = `${file}-${threadId}`
      writeFileSync(draft, value ?? '')
      renameSync(draft, file)
    }
  }
}
