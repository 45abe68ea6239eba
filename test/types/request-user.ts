import type { FastifyRequest } from 'fastify'
import type { User } from 'fastify-gatehouse'
import { type Equals, pin } from './equals.ts'

declare module 'fastify-gatehouse' {
  interface AuthUserFields {
    plan: 'free' | 'pro'
  }
}

type RequestUser = FastifyRequest['user']

// `request.user` is typed, and by this package.
pin<Equals<RequestUser['id'], string>>()
pin<Equals<RequestUser['sessionId'], string>>()
pin<Equals<RequestUser['email'], string | undefined>>()
pin<Equals<RequestUser['emailVerified'], boolean | undefined>>()
pin<Equals<RequestUser['username'], string | undefined>>()

// What a host declares about its users reaches the request and every answer.
pin<Equals<RequestUser['plan'], 'free' | 'pro' | undefined>>()
pin<Equals<User['plan'], 'free' | 'pro' | undefined>>()

declare const request: FastifyRequest
// @ts-expect-error: nothing else is known of a user
request.user.role
// @ts-expect-error: it is frozen
request.user.id = 'someone-else'
