/** How many tokens one generation holds; two generations live at a time. */
const GENERATION_SIZE = 5000
/** How many tokens are recognised as having come before. */
const DOORSTEP_SIZE = 4096

export interface TokenMemory<T> {
  recall(token: string): T | undefined
  /** Remembers it from the second time on: a token that is used once is not worth its place. */
  keep(token: string, value: T): void
}

interface Remembered<T> {
  readonly token: string
  readonly value: T
}

/**
 * Verified tokens, so that a token seen before costs one look-up instead of a signature.
 *
 * Found by the signature, which is quicker to hash than the whole, and known by the whole token, never by a part or a digest
 * of it (CVE-2026-35039). Bounded without book-keeping: when the young generation is full it becomes the old one, and what
 * is asked for again moves back.
 */
export function createTokenMemory<T>(): TokenMemory<T> {
  let young = new Map<string, Remembered<T>>()
  let old = new Map<string, Remembered<T>>()
  const doorstep = new Int32Array(DOORSTEP_SIZE)

  function put(signature: string, remembered: Remembered<T>): void {
    if (young.size >= GENERATION_SIZE) {
      old = young
      young = new Map()
    }
    young.set(signature, remembered)
  }

  return {
    recall(token) {
      const signature = signatureOf(token)
      const fresh = young.get(signature)
      if (fresh?.token === token) return fresh.value
      const aged = old.get(signature)
      if (aged?.token !== token) return undefined
      put(signature, aged)
      return aged.value
    },
    keep(token, value) {
      const mark = markOf(token)
      const place = mark & (DOORSTEP_SIZE - 1)
      if (doorstep[place] === mark) put(signatureOf(token), { token, value })
      else doorstep[place] = mark
    }
  }
}

/** Of the signature, whose characters are as good as random. */
function markOf(token: string): number {
  let mark = 1
  for (let place = token.length - 12; place < token.length - 4; place++)
    mark = (mark * 31 + token.charCodeAt(place)) | 0
  return mark
}

const signatureOf = (token: string): string => token.slice(token.lastIndexOf('.') + 1)
