/** A process that is measured: what it costs is its own processor time, whatever else the machine does meanwhile. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Ready {
  readonly url: string
}

export interface Question {
  /** How long a contender without a server of its own shall repeat its work. */
  readonly seconds?: number
}

export interface Answer {
  readonly operations: number
  readonly seconds: number
  /** Microseconds of processor time: since its start for a server, of the work for the others. */
  readonly cpu: number
}

export interface Contender extends Ready {
  ask(question?: Question): Promise<Answer>
  stop(): Promise<void>
}

export async function startContender(name: string, settings: object = {}): Promise<Contender> {
  const file = fileURLToPath(new URL(`contenders/${name}.ts`, import.meta.url))
  const child = fork(file, [JSON.stringify(settings)], { execArgv: process.execArgv })
  const { url } = (await nextMessage(child)) as Ready
  return {
    url,
    async ask(question = {}) {
      child.send(question)
      return (await nextMessage(child)) as Answer
    },
    async stop() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    }
  }
}

/** Rejects when the child ends instead of saying something. */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const onExit = () => ended.abort(new Error(`${child.spawnfile} ${child.spawnargs.join(' ')} ended`))
  child.once('exit', onExit)
  try {
    const [message] = await once(child, 'message', { signal: ended.signal })
    return message
  } finally {
    child.off('exit', onExit)
  }
}
