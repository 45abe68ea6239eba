/** Hosts that read bodies in their own way: ours are read in ours. */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { type Arrange, behavesAsAlone, openHost } from './host.ts'

const changes: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
  'a JSON parser that throws': (app) => {
    app.removeContentTypeParser('application/json')
    app.addContentTypeParser('application/json', { parseAs: 'string' }, () => {
      throw new Error('the host reads no JSON')
    })
  },
  'a JSON parser that returns text': (app) => {
    app.removeContentTypeParser('application/json')
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      async (_request: unknown, body: unknown) => body
    )
  },
  'a parser for everything': (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: unknown) => body)
  },
  'no parser at all': (app) => app.removeAllContentTypeParsers()
}

for (const [change, make] of Object.entries(changes)) {
  behavesAsAlone(`a host that had ${change} before`, async (app, register) => {
    make(app)
    await register()
  })

  behavesAsAlone(`a host that has ${change} after`, async (app, register) => {
    await register()
    make(app)
  })
}

behavesAsAlone('a host that allows poisoned prototypes', (_, register) => register(), {
  onProtoPoisoning: 'ignore',
  onConstructorPoisoning: 'ignore'
})

behavesAsAlone('a host with a small bodyLimit', (_, register) => register(), { bodyLimit: 10 })

behavesAsAlone('a host with a large bodyLimit', (_, register) => register(), { bodyLimit: 50_000_000 })

t.test('the host\u2019s own routes keep the host\u2019s parser', async (t) => {
  const arrange: Arrange = async (app, register) => {
    changes['a JSON parser that returns text']?.(app)
    await register()
    app.post('/raw', async ({ body }) => ({ type: typeof body }))
  }
  const app = await openHost(t, arrange)
  const answer = await app.inject({ method: 'POST', url: '/raw', payload: { a: 1 } })
  t.same(answer.json(), { type: 'string' })
})
