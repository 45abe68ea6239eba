/** Where the session is kept, and how far that place reaches. */

/** A place of your own for one string, seen whole or not at all. Whoever shares it shares the session. */
export interface TokenStore {
  read(): string | null
  write(value: string | null): void
}

export type KeepName = 'cookies' | 'refresh-cookie' | 'memory' | 'sessionStorage' | 'localStorage'

export interface Keep {
  readonly store: TokenStore
  /** The header `Auth-Transport`. */
  readonly transport: 'bearer' | 'cookie' | 'refresh-cookie'
  /** What makes two tabs one session: the cookie jar, a store, or that one began as a copy of the other. */
  readonly sharedBy: 'jar' | 'store' | 'copy' | 'nothing'
}

export function keepIn(place: KeepName | TokenStore, key: string): Keep {
  const transport = 'bearer'
  switch (place) {
    case 'cookies':
    case 'refresh-cookie':
      return { store: memory(), transport: place === 'cookies' ? 'cookie' : place, sharedBy: 'jar' }
    case 'sessionStorage':
    case 'localStorage':
      return { store: webStorage(place, key), transport, sharedBy: place === 'localStorage' ? 'store' : 'copy' }
    case 'memory':
      return { store: memory(), transport, sharedBy: 'nothing' }
    default:
      return { store: place, transport, sharedBy: 'store' }
  }
}

function memory(): TokenStore {
  let kept: string | null = null
  return {
    read: () => kept,
    write(value) {
      kept = value
    }
  }
}

/** Memory where the browser forbids its storage, and from the first write that it refuses: no rotated token is lost. */
function webStorage(name: 'sessionStorage' | 'localStorage', key: string): TokenStore {
  const fallback = memory()
  let refuses = false
  return {
    read() {
      try {
        if (!refuses) return globalThis[name].getItem(key)
      } catch {}
      return fallback.read()
    },
    write(value) {
      fallback.write(value)
      try {
        if (value === null) globalThis[name].removeItem(key)
        else globalThis[name].setItem(key, value)
        refuses = false
      } catch {
        refuses = true
      }
    }
  }
}
