/** How many tokens one generation holds; two generations live at a time. */
const GENERATION_SIZE = 5000

export interface TokenMemory<T> {
  recall(token: string): T | undefined
  keep(token: string, value: T): void
}

/**
 * Verified tokens, so that a token seen before costs one look-up instead of a signature.
 *
 * The key is the whole token, never a part or a digest of it (CVE-2026-35039). Bounded without book-keeping: when the
 * young generation is full it becomes the old one, and what is asked for again moves back.
 */
export function createTokenMemory<T>(): TokenMemory<T> {
  let young = new Map<string, T>()
  let old = new Map<string, T>()

  function keep(token: string, value: T): void {
    if (young.size >= GENERATION_SIZE) {
      old = young
      young = new Map()
    }
    young.set(token, value)
  }

  return {
    recall(token) {
      const value = young.get(token)
      if (value !== undefined) return value
      const aged = old.get(token)
      if (aged !== undefined) keep(token, aged)
      return aged
    },
    keep
  }
}
