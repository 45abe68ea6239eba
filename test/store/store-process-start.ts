import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('./store-process.ts', import.meta.url))

export interface StoreProcess {
  close(): Promise<void>
  /** With SIGKILL. */
  kill(): Promise<void>
}

/** Another process that has opened the store of a URL; fails with what it wrote when it cannot. */
export async function storeProcess(url: string): Promise<StoreProcess> {
  const child = spawn(process.execPath, [file, url])
  const complaint = text(child.stderr)
  const exit = once(child, 'exit')
  const [opened] = await Promise.race([once(child.stdout, 'data'), exit.then(() => [null])])
  if (opened === null) throw new Error(await complaint)
  return {
    async close() {
      child.stdin.end()
      const [code] = await exit
      if (code !== 0) throw new Error(await complaint)
    },
    async kill() {
      child.kill('SIGKILL')
      await exit
    }
  }
}
