/** What a host may say about our routes: other paths, several, none, hidden, silent. */
import t from 'tap'
import { PASSWORD } from '../support/app.ts'
import { type HostOptions, openHost } from './host.ts'

const open = (t: Parameters<typeof openHost>[0], routes: NonNullable<HostOptions['routes']>) =>
  openHost(t, (_, register) => register({ routes, identifiers: ['email', 'username?'] }))

t.test('a path or a list of paths stands in place of the default one and its aliases', async (t) => {
  const app = await open(t, { login: '/sign-in', refresh: ['/renew', '/again'], me: { path: '/profile' } })
  const status = async (method: 'GET' | 'POST', path: string) =>
    (await app.inject({ method, url: `/auth${path}` })).statusCode

  t.equal(await status('POST', '/sign-in'), 400)
  t.same([await status('POST', '/renew'), await status('POST', '/again')], [401, 401])
  t.same([await status('GET', '/profile'), await status('GET', '/verify')], [401, 401])
  for (const gone of ['/login', '/refresh', '/refresh-token']) t.equal(await status('POST', gone), 404, gone)
  t.equal(await status('GET', '/me'), 404)
})

t.test('a route that is off is nowhere, and the call from code stays', async (t) => {
  const app = await open(t, { signup: false, publicProfile: false, me: false })
  const account = { email: 'ada@example.com', password: PASSWORD }
  await app.auth.signup({ ...account, username: 'ada' })
  const { user } = await app.auth.login(account)
  t.equal((await app.inject({ method: 'POST', url: '/auth/signup' })).statusCode, 404)
  for (const url of ['/auth/users/ada', '/auth/public/ada', '/auth/me']) {
    t.equal((await app.inject(url)).statusCode, 404, url)
  }
  t.equal((await app.auth.users.get(user.id)).username, 'ada')
})

t.test('a route may log less than its host', async (t) => {
  const lines: { url: string; status: number }[] = []
  const stream = {
    write(line: string) {
      const { req, res } = JSON.parse(line)
      if (req?.url && !res) lines.push({ url: req.url, status: 0 })
    }
  }
  const app = await openHost(t, (_, register) => register({ routes: { login: { logLevel: 'warn' } } }), {
    logger: { level: 'info', stream }
  })
  for (const url of ['/auth/login', '/auth/logout']) await app.inject({ method: 'POST', url })
  t.same(
    lines.map(({ url }) => url),
    ['/auth/logout']
  )
})
