/**
 * A host app in a process of its own: listens on a loopback port, prints where, and closes when its input ends. The options
 * come as JSON. Beside the routes it tells what its process asked of PostgreSQL.
 */
import Fastify from 'fastify'
import { authPlugin } from '../../src/index.ts'
import { whileWatching } from '../support/statements.ts'

const app = Fastify({ forceCloseConnections: true })
const statements: string[] = []
const [options = '{}'] = process.argv.slice(2)

await whileWatching({ sending: (sql) => void statements.push(sql) }, async () => {
  await app.register(authPlugin, JSON.parse(options))
  app.get('/protected', { preHandler: app.authenticate }, async ({ user }) => user)
  app.get('/fresh', { preHandler: app.authorize({ fresh: true }) }, async ({ user }) => user)
  /** Those since it was asked last. */
  app.get('/statements', async () => statements.splice(0))
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  await new Promise((resolve) => process.stdin.resume().once('end', resolve))
  await app.close()
})
