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
  switch (place) {
    case 'cookies':
      return keep(memory(), 'jar', 'cookie')
    case 'refresh-cookie':
      return keep(memory(), 'jar', place)
    case 'memory':
      return keep(memory(), 'nothing')
    case 'sessionStorage':
      return keep(webStorage(place, key), 'copy')
    case 'localStorage':
      return keep(webStorage(place, key), 'store')
    default:
      return keep(place, 'store')
  }
}

function keep(store: TokenStore, sharedBy: Keep['sharedBy'], transport: Keep['transport'] = 'bearer'): Keep {
  return { store, sharedBy, transport }
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
  let refused: string | null = null
  return {
    read() {
      try {
        return refused ?? globalThis[name].getItem(key)
      } catch {
        return null
      }
    },
    write(value) {
      refused = null
      try {
        if (value === null) globalThis[name].removeItem(key)
        else globalThis[name].setItem(key, value)
      } catch {
        refused = value
      }
    }
  }
}
