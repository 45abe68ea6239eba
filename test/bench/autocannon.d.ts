/** As much of autocannon as is used here; it has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  export interface Client extends EventEmitter {
    setBody(body: string): void
    on(event: 'body', listener: (body: Buffer) => void): this
    on(event: 'response', listener: (status: number) => void): this
  }

  export interface Request {
    readonly headers?: Readonly<Record<string, string>>
  }

  export interface Options {
    readonly url: string
    readonly method?: 'GET' | 'POST'
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly connections: number
    readonly pipelining?: number
    /** Whole seconds. */
    readonly duration?: number
    readonly requests?: readonly { setupRequest(request: Request): Request }[]
    readonly setupClient?: (client: Client) => void
  }

  export interface Result {
    readonly '2xx': number
    readonly non2xx: number
    readonly errors: number
    readonly duration: number
  }

  export default function autocannon(options: Options): Promise<Result>
}
