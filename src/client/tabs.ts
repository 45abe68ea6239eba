/** How tabs of one origin speak and take turns, where the browser lets them. */

/** Node's channel and timers would keep a process alive that has nothing left to do; a browser's have no `unref`. */
export function unref(handle: unknown): void {
  ;(handle as { unref?: () => void }).unref?.()
}

/** What is used of a BroadcastChannel. */
interface Channel<Message> {
  postMessage(message: Message): void
  close(): void
}

export function connectTabs<Message>(name: string, hear: (message: Message) => void): Channel<Message> | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => hear(data)
  unref(channel)
  return channel
}

/** Longer than a refresh with all its retries, unless its tab was frozen with the lock in hand. */
const LOCK_WAIT = 60_000

/**
 * One at a time over all tabs (Web Locks). Without locks, as in an insecure context, or when the wait is too long, the
 * work is done all the same: the server's grace answers two refreshes at once with the same tokens.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | undefined
  const begin = () => {
    begun ??= work()
    return begun
  }
  try {
    await navigator.locks.request(name, { signal: AbortSignal.timeout(LOCK_WAIT) }, begin)
  } catch {}
  return begin()
}
