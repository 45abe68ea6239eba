/** What a new user tries first: register the plugin, sign up, ask who they are. */
import Fastify from 'fastify'

export async function walk(plugin) {
  const app = Fastify()
  await app.register(plugin, { secret: 'a secret of at least 32 bytes, here', storage: 'sqlite::memory:' })
  app.get('/mine', { preHandler: app.authenticate }, async (request) => request.user.id)
  const payload = { email: 'ada@example.com', password: 'correct horse battery staple' }
  const signup = await app.inject({ method: 'POST', url: '/auth/signup', payload })
  const headers = { authorization: `Bearer ${signup.json().accessToken}` }
  const me = await app.inject({ url: '/auth/me', headers })
  const mine = await app.inject({ url: '/mine', headers })
  await app.close()
  console.log(signup.statusCode, me.statusCode, me.json().email, mine.body === me.json().id)
}
