/** The example as a program: `npm start`. */
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'

try {
  await serve(process.env)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  // What was opened before the failure must not keep the process alive.
  process.exit(1)
}

async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  const host = env.HOST || 'localhost'
  const port = readPort(env.PORT || '3000')
  const app = await buildApp(env)

  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`Port ${port} is in use: choose another one, as in PORT=${port + 1} npm start`, { cause: error })
  }

  // `once`: a second Ctrl-C ends a process that does not come to its end by itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
  const { port: bound } = app.server.address() as AddressInfo
  console.log(`Listening on http://${host.includes(':') ? `[${host}]` : host}:${bound}`)
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new Error(`PORT must be a number from 0 to 65535, received ${JSON.stringify(text)}`)
}
