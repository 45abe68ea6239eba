/** The OpenAPI document of all routes, and a page to read and try them: `/docs`. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

/** Fastify's own shape of an error; the routes of fastify-gatehouse answer in it too. */
export const Problem = Type.Object({
  statusCode: Type.Integer(),
  code: Type.String(),
  error: Type.String(),
  message: Type.String(),
  reason: Type.Optional(Type.String())
})

export async function documentApi(app: FastifyInstance, { production }: { production: boolean }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'fastify-gatehouse example',
        description:
          'Sign up or sign in, and the cookies go along with every call made here. A script asks for tokens ' +
          'by the header `auth-transport: bearer` and sends the `accessToken` along itself.',
        version: '1.0.0'
      },
      tags: [
        { name: 'auth', description: 'Accounts and sessions, by fastify-gatehouse' },
        { name: 'example', description: 'The routes of this app' }
      ],
      components: {
        securitySchemes: {
          cookieAuth: { type: 'apiKey', in: 'cookie', name: production ? '__Host-access' : 'access' },
          bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
        }
      },
      security: [{ cookieAuth: [] }, { bearerAuth: [] }]
    }
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    uiConfig: { persistAuthorization: false, tryItOutEnabled: true }
  })
}
