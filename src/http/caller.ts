import type { FastifyRequest } from 'fastify'
import { type Caller, callerFrom } from '../events.ts'

/** AU5: `request.ip` is Fastify's answer under the host's `trustProxy`; we read no forwarding header ourselves. */
export function callerOf(request: FastifyRequest): Caller {
  return callerFrom({ ip: request.ip, userAgent: request.headers['user-agent'] })
}
