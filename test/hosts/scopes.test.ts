/** Where in a host the plugin may stand, and how often. */
import Fastify from 'fastify'
import t from 'tap'
import { authPlugin, type Guard, type OptionsError } from '../../src/index.ts'
import { bearer, PASSWORD, signUp } from '../support/app.ts'
import { OPTIONS, openHost, storyAlone } from './host.ts'
import { tellStory } from './story.ts'

const OTHER_SECRET = 'another secret of more than thirty-two bytes'

t.test('in a child with a prefix, every answer is as it is alone', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(
    async (child) => {
      await child.register(authPlugin, OPTIONS)
      child.get('/protected', { preHandler: child.authenticate }, async ({ user }) => ({ user }))
      child.get('/open', async ({ user, auth }) => ({ user, auth }))
    },
    { prefix: '/v1' }
  )
  const story = await tellStory(app, { root: '/v1' })
  t.same(story, await storyAlone(t))
  t.equal((await app.inject('/auth/me')).statusCode, 404)
  t.notOk(app.hasDecorator('authenticate'), 'outside of the child there is nothing of ours')
})

t.test('at the root, with the prefix ""', async (t) => {
  const app = await openHost(t, (_, register) => register({ prefix: '' }))
  t.same(await tellStory(app, { prefix: '' }), await storyAlone(t))
})

t.test('two user bases in one host', async (t) => {
  const staff = {
    prefix: '/staff',
    tablePrefix: 'staff_',
    decorate: { authenticate: 'authenticateStaff', authorize: 'authorizeStaff', auth: 'staff' },
    secret: OTHER_SECRET
  } as const

  for (const apart of [
    { secret: OTHER_SECRET },
    { secret: OPTIONS.secret, issuer: 'staff' },
    { secret: OPTIONS.secret, tablePrefix: 'staff_' }
  ]) {
    const app = await openHost(t, async (app, register) => {
      await register()
      await register({ ...staff, ...apart })
      app.get('/office', { onRequest: app.getDecorator<Guard>('authenticateStaff') }, async ({ user }) => ({ user }))
    })

    t.test(`apart by ${Object.keys(apart).at(-1)}, each tells the whole story`, async (t) => {
      t.same(await tellStory(app), await storyAlone(t))
      // `/protected` is the customers': the staff's tokens are refused there.
      const own = (await tellStory(app, { prefix: '/staff' })).filter(({ request }) => !request.includes('/protected'))
      t.same(
        own,
        (await storyAlone(t)).filter(({ request }) => !request.includes('/protected'))
      )
    })

    t.test(`apart by ${Object.keys(apart).at(-1)}, the tokens of one are nothing to the other`, async (t) => {
      const account = { email: 'both@example.com', password: PASSWORD }
      const sign = async (prefix: string) =>
        (await app.inject({ method: 'POST', url: `${prefix}/signup`, payload: account })).json()
      const [customer, employee] = [await sign('/auth'), await sign('/staff')]
      t.not(customer.user.id, employee.user.id)
      const status = async (url: string, { accessToken }: { accessToken: string }) =>
        (await app.inject({ url, headers: bearer(accessToken) })).statusCode

      t.same([await status('/protected', customer), await status('/office', employee)], [200, 200])
      t.same([await status('/auth/me', customer), await status('/staff/me', employee)], [200, 200])
      t.same([await status('/protected', employee), await status('/office', customer)], [401, 401])
      t.same([await status('/auth/me', employee), await status('/staff/me', customer)], [401, 401])
      const refreshed = await app.inject({
        method: 'POST',
        url: '/staff/refresh',
        payload: { refreshToken: customer.refreshToken }
      })
      t.equal(refreshed.json().code, 'AUTH_REFRESH_TOKEN_INVALID')
    })
  }
})

t.test('a name that is taken is refused at boot, in words', async (t) => {
  for (const name of ['authenticate', 'auth']) {
    const app = Fastify()
    app.decorate(name, () => {})
    const refusal = async () => app.register(authPlugin, OPTIONS)
    await t.rejects(refusal, {
      name: 'OptionsError',
      code: 'AUTH_OPTIONS_INVALID',
      message: `\`app.${name}\` exists already; choose another name with the option \`decorate.${name}\``
    } satisfies Partial<OptionsError>)
    await app.close()
  }
})

t.test('two apps in one process know nothing of each other', async (t) => {
  const [one, other] = [await openHost(t), await openHost(t)]
  const account = { email: 'ada@example.com', password: PASSWORD }
  const { accessToken, refreshToken } = await signUp(one, account)
  t.equal((await other.inject({ method: 'POST', url: '/auth/login', payload: account })).statusCode, 401)
  await one.auth.logout({ refreshToken })
  t.equal((await one.inject({ url: '/protected', headers: bearer(accessToken) })).statusCode, 401)
  // The same secret, issuer and audience: to the other one the token is good, as on a second server of the same app.
  t.equal((await other.inject({ url: '/protected', headers: bearer(accessToken) })).statusCode, 200)
})

t.test('issuer and audience are in every token and checked on each', async (t) => {
  const app = await openHost(t, (_, register) => register({ issuer: 'https://id.example.com', audience: 'shop' }))
  t.same(await tellStory(app), await storyAlone(t))
  const { accessToken } = await signUp(app, { email: 'bob@example.com' })
  const claims = JSON.parse(Buffer.from(String(accessToken.split('.')[1]), 'base64url').toString())
  t.match(claims, { iss: 'https://id.example.com', aud: 'shop' })

  for (const issuance of [{ issuer: 'https://id.example.com' }, { audience: 'shop' }]) {
    const other = await openHost(t, (_, register) => register(issuance))
    const answer = await other.inject({ url: '/protected', headers: bearer(accessToken) })
    t.equal(answer.json().code, 'AUTH_ACCESS_TOKEN_INVALID')
  }
})
