/** A route for everyone, which knows whom it is talking to if they signed in. */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Problem } from './api-docs.ts'

export async function hello(app: FastifyInstance): Promise<void> {
  app.get(
    '/hello',
    {
      preHandler: app.authenticate.optional,
      schema: {
        tags: ['example'],
        operationId: 'hello',
        summary: 'Say hello',
        description: 'To a user by name, to anybody else all the same. A token that is no good is still a 401.',
        response: { 200: Type.Object({ message: Type.String() }), 401: Problem }
      }
    },
    async ({ auth, user }) => ({ message: `Hello, ${auth === null ? 'stranger' : (user.username ?? user.email)}` })
  )
}
