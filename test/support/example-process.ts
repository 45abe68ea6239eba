/** The example as a process of its own, and somebody who talks to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { repository } from './run.ts'

type Environment = Readonly<Record<string, string>>

interface Outcome {
  readonly code: number | null
  readonly stderr: string
}

export interface Example {
  readonly url: string
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export function inTemporaryFolder(t: Test): { env: Environment; secretFile: string } {
  const folder = t.testdir({})
  return {
    env: { DATABASE_URL: `sqlite:${join(folder, 'gatehouse.sqlite')}` },
    secretFile: join(folder, 'gatehouse.secret')
  }
}

function launch(env: Environment) {
  // Nothing of ours but what a process needs to start at all.
  const { PATH = '', SystemRoot = '' } = process.env
  const child = spawn(process.execPath, ['examples/server.ts'], {
    cwd: repository,
    env: { PATH, SystemRoot, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code, stderr }))
  return { child, outcome }
}

/** One that is expected to end by itself. */
export const run = (env: Environment): Promise<Outcome> => launch(env).outcome

export async function start(t: Test, env: Environment): Promise<Example> {
  const { child, outcome } = launch(env)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return (await outcome).code
  }
  t.teardown(() => stop())
  const url = await new Promise<string>((resolve, reject) => {
    // Warnings may come before it.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [, address] = /^Listening on (\S+)$/m.exec(text) ?? []
      if (address) resolve(address)
    })
    void outcome.then(({ stderr }) => reject(new Error(`the example did not start: ${stderr}`)))
  })
  return { url, stop }
}

interface Call {
  readonly method?: string
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export async function call(url: string, { method = 'GET', body, headers = {} }: Call) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) })
  })
  const text = await response.text()
  const setCookie = response.headers.getSetCookie()
  return { status: response.status, setCookie, body: text === '' ? {} : JSON.parse(text) }
}

/** What a script says, which holds its tokens itself. */
export const script = (accessToken?: string) => ({
  'auth-transport': 'bearer',
  ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` })
})

export const get = (url: string, accessToken?: string) => call(url, { headers: script(accessToken) })
export const post = (url: string, body: object, accessToken?: string) =>
  call(url, { method: 'POST', body, headers: script(accessToken) })

/** No answer waits for a letter. */
export async function firstLetter(url: string): Promise<{ to: string; subject: string; text: string }> {
  const { letters } = (await get(`${url}/mailbox/letters`)).body
  return letters[0] ?? sleep(20).then(() => firstLetter(url))
}
