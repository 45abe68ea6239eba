/** Where our routes hang: a scope of their own, so that they work the same in every host. */
import { isUtf8 } from 'node:buffer'
import SerializerSelector from '@fastify/fast-json-stringify-compiler'
import type { TSchema } from '@sinclair/typebox'
import type {
  ContextConfigDefault,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HTTPMethods,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod
} from 'fastify'
import type { Context } from '../context.ts'
import { authError, ValidationError } from '../errors.ts'
import type { RouteName } from '../options.ts'
import { contain } from './contain.ts'
import type { Gatekeeper } from './guard.ts'
import { ownRouteConfig } from './own-routes.ts'
import type { TypeBoxProvider } from './provider.ts'
import { ErrorBody } from './schemas.ts'
import { createTransports, type Transports } from './transports.ts'
import { compileValidator } from './validation.ts'

const BODY_LIMIT = 16 * 1024

/** CK9, RFC 9111 5.2.2.5: an answer with a token in it is kept nowhere and is nothing but data. */
const HEADERS = Object.freeze({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  vary: 'Origin, Cookie, Authorization, Sec-Fetch-Site',
  'x-content-type-options': 'nosniff'
})

export interface RouteSchema extends FastifySchema {
  readonly summary: string
  readonly description: string
  /** The route's name, unless two methods share it. */
  readonly operationId?: string
  /** The answers of success; the errors' are added. */
  readonly response: Readonly<Record<number, TSchema>>
}

export interface RouteDefinition<Schema extends RouteSchema> {
  readonly method: HTTPMethods
  /** The first is the path, the others are its aliases. */
  readonly paths: readonly [string, ...string[]]
  /** Whether a good access token is required; the handler then finds it by `identityOf`. */
  readonly guarded?: boolean
  /** The statuses of the failures that it may answer with, beside those of every route. */
  readonly failures?: readonly number[]
  readonly schema: Schema
  readonly handler: RouteHandlerMethod<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    RouteGenericInterface,
    ContextConfigDefault,
    Schema,
    TypeBoxProvider
  >
}

export interface Door {
  readonly route: Route
  readonly transports: Transports
}

export type Route = <Schema extends RouteSchema>(name: RouteName, definition: RouteDefinition<Schema>) => void

/** `scope` must be a child of the host's: its parser, validator and serializer become ours. */
export function openDoor(
  host: FastifyInstance,
  scope: FastifyInstance,
  { config, cookies }: Context,
  gatekeeper: Gatekeeper
): Door {
  prepare(scope)
  handOnErrors(host, scope)

  function guard(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const verdict = gatekeeper(request, reply, () => false)
    if (verdict instanceof Promise) void verdict.then(done)
    else done(verdict)
  }

  const route: Route = (name, { method, paths, guarded = false, failures = [], schema, handler }) => {
    const { off, hide, logLevel, paths: chosen } = config.routes[name]
    if (off) return
    const errorStatuses = [400, ...(guarded ? [401] : []), 413, 415, 500, 503, ...failures]
    for (const [place, url] of (chosen ?? paths).entries()) {
      scope.route({
        method,
        url,
        bodyLimit: BODY_LIMIT,
        config: ownRouteConfig(),
        ...(logLevel !== undefined && { logLevel }),
        ...(guarded && { onRequest: guard }),
        schema: {
          ...schema,
          tags: ['auth'],
          operationId: schema.operationId ?? name,
          // An alias is the same operation: documents show it once.
          hide: hide || place > 0,
          response: { ...Object.fromEntries(errorStatuses.map((status) => [status, ErrorBody])), ...schema.response }
        } as FastifySchema,
        handler: contained(handler as unknown as RouteHandlerMethod)
      })
    }
  }
  return { route, transports: createTransports(config, cookies) }
}

function prepare(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  const parseJson = scope.getDefaultJsonParser('error', 'error') // IN4, whatever the host allows elsewhere
  scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    // RFC 8259 8.1. Lenient decoding makes one character of all that is no UTF-8, and so one password of several (PW5).
    if (!isUtf8(body)) return done(new ValidationError('body must be UTF-8'))
    return parseJson(request, body.toString(), done)
  })
  scope.setValidatorCompiler(({ schema, httpPart = 'request' }) => {
    const validate = compileValidator(schema as object, httpPart)
    if (httpPart !== 'headers') return validate
    // Given back to Fastify they would be copied at every look at one of them.
    return (headers) => {
      const checked = validate(headers)
      return 'error' in checked ? checked : true
    }
  })
  scope.setSerializerCompiler(containedSerializer())
  scope.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS)
    done()
  })
}

/** Fastify gives a scope the error handler that stands when the scope is loaded; the host may set its own later. */
function handOnErrors(host: FastifyInstance, scope: FastifyInstance): void {
  const { errorHandler: inherited } = host
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { errorHandler } = host
    if (errorHandler === inherited) throw error
    return errorHandler(error, request, reply)
  })
}

/** What the host's error handler hears from us is always fit to be repeated (LG4). */
function contained(handler: RouteHandlerMethod): RouteHandlerMethod {
  return async function (request, reply) {
    // IN1: a host may ask for this on every route (`onRoute`); our handlers only ever see what fits.
    if (request.validationError) throw request.validationError
    try {
      return await handler.call(this, request, reply)
    } catch (thrown) {
      const error = contain(thrown)
      if (error.cause !== undefined) request.log.error({ err: error.cause }, error.message)
      if ('retryAfter' in error) reply.header('retry-after', error.retryAfter)
      throw error
    }
  }
}

/** Our own, since a host's (Zod's, say) does not know JSON Schema. */
function containedSerializer(): Parameters<FastifyInstance['setSerializerCompiler']>[0] {
  const compile = SerializerSelector()({}, {})
  return (route) => {
    const serialize = compile(route as never)
    // A host's error handler answers in a shape of its own; only an error itself is written by the schema.
    if (Number(route.httpStatus) >= 400) {
      return (body) => (body instanceof Error ? serialize(body) : JSON.stringify(body))
    }
    return (body) => {
      try {
        return serialize(body)
      } catch (cause) {
        throw authError('AUTH_UNEXPECTED', { cause })
      }
    }
  }
}
