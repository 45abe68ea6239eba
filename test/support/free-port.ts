/** Ports that nobody is given by chance: a server may let go of one and take it again. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below what systems hand out for `0`, and for connections. */
const [FIRST, COUNT] = [20_000, 12_000]

/** Listens on the loopback, on a port of its own. */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
      return port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** For a server that another process will start. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  server.close()
  await once(server, 'close')
  return port
}
