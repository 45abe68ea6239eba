/** A real WebSocket, opened with headers as a browser or a script would send them. */
import { once } from 'node:events'

export interface Line {
  readonly opened: boolean
  readonly messages: readonly string[]
  /** How it ended: the code and the reason, as RFC 6455 has them; 1006 for a line that never stood. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  close(): void
}

/** Resolves when the first message is there, or when there will be none. */
export async function openLine(url: string, headers: Record<string, string>): Promise<Line> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers })
  const messages: string[] = []
  socket.addEventListener('message', ({ data }) => messages.push(String(data)))
  const closed = once(socket, 'close').then(([{ code, reason }]) => ({ code, reason }))
  await Promise.race([once(socket, 'message'), closed])
  return { opened: messages.length > 0, messages, closed, close: () => socket.close() }
}
