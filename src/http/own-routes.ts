import type { FastifyRequest } from 'fastify'

/** Marks the routes of this library: they guard themselves, so a guard that a host hung over everything leaves them alone. */
const OWN = Symbol('fastify-gatehouse.ownRoute')

export const ownRouteConfig = (): object => ({ [OWN]: true })

export const isOwnRoute = (request: FastifyRequest): boolean => OWN in request.routeOptions.config
