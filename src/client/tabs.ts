/** How tabs of one origin speak and take turns, where the browser lets them. */
import { ANSWER_WITHIN, LOCK_WITHIN, LOOK_EVERY } from './limits.ts'

/** What is used of a BroadcastChannel. */
interface Channel<Message> {
  postMessage(message: Message): void
  close(): void
}

export function connectTabs<Message>(name: string, hear: (message: Message) => void): Channel<Message> | undefined {
  if (!globalThis.BroadcastChannel) return undefined
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => hear(data)
  // Node's alone, which would keep a process alive.
  channel.unref?.()
  return channel
}

/**
 * One at a time over all tabs: by Web Locks or, in an insecure context, which has none, by a note that one leaves. Where
 * that is forbidden too, or when the wait is too long, the work is done all the same: the server's grace answers two
 * refreshes at once with the same tokens. It does not cover a third, whose request arrives two generations late.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | undefined
  const begin = () => {
    begun ??= work()
    return begun
  }
  try {
    if (navigator.locks) return await navigator.locks.request(name, { signal: AbortSignal.timeout(LOCK_WITHIN) }, begin)
    // A tab that closes leaves its note behind, and a clock may be set back.
    while (Math.abs(localStorage[name] - Date.now()) < ANSWER_WITHIN) await pause(LOOK_EVERY)
    const note = Date.now()
    localStorage[name] = note
    // Another one's where this took so long that somebody went ahead.
    return await begin().finally(() => +localStorage[name] === note && localStorage.removeItem(name))
  } catch {
    return begin()
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
