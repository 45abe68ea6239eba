/** Hosts with another idea of what a schema is, or of what to do when one does not fit. */
import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import t from 'tap'
import { z } from 'zod'
import { signUp } from '../support/app.ts'
import { behavesAsAlone, openHost } from './host.ts'

function useZod(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
}

behavesAsAlone('a host that validates with Zod', async (app, register) => {
  useZod(app)
  await register()
})

behavesAsAlone('a host that turns to Zod after the plugin', async (app, register) => {
  await register()
  useZod(app)
})

t.test('a Zod route of the host\u2019s own works beside ours, guarded', async (t) => {
  const app = await openHost(t, async (app, register) => {
    useZod(app)
    await register()
    app.withTypeProvider<ZodTypeProvider>().post(
      '/notes',
      {
        preHandler: app.authenticate,
        schema: { body: z.object({ text: z.string().min(1) }), response: { 200: z.object({ owner: z.uuid() }) } }
      },
      async ({ user }) => ({ owner: user.id })
    )
  })
  const { user, accessToken } = await signUp(app, { email: 'ada@example.com' })
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await app.inject({ method: 'POST', url: '/notes', headers, payload: { text: 'x' } })
  t.same(answer.json(), { owner: user.id })
  t.equal((await app.inject({ method: 'POST', url: '/notes', headers, payload: { text: '' } })).statusCode, 400)
})

behavesAsAlone('a host whose Ajv drops, fills in and coerces', (_, register) => register(), {
  ajv: { customOptions: { removeAdditional: 'all', coerceTypes: 'array', useDefaults: 'empty', allErrors: true } }
})

behavesAsAlone('a host that formats the errors of schemas', (_, register) => register(), {
  schemaErrorFormatter: () => new Error('formatted by the host')
})

behavesAsAlone('a host that formats the errors of schemas, set after the plugin', async (app, register) => {
  await register()
  app.setSchemaErrorFormatter(() => new Error('formatted by the host'))
})

behavesAsAlone('a host that hands the errors of schemas to every handler', async (app, register) => {
  app.addHook('onRoute', (route) => {
    route.attachValidation = true
  })
  await register()
})

behavesAsAlone('a host that writes every answer itself', async (app, register) => {
  app.setReplySerializer((payload) => JSON.stringify(payload))
  await register()
})

t.test('the host keeps its own validator', async (t) => {
  const app = Fastify({ ajv: { customOptions: { removeAdditional: 'all' } } })
  t.teardown(() => app.close())
  const body = { type: 'object', properties: { count: { type: 'integer' } } }
  app.post('/counts', { schema: { body } }, async (request) => request.body)
  const answer = await app.inject({ method: 'POST', url: '/counts', payload: { count: '7', extra: true } })
  t.same(answer.json(), { count: 7 })
})
