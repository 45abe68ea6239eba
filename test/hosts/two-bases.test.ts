/** Guards ask no database, so a token that two user bases accept would let the customers of one into the other. */
import Fastify from 'fastify'
import t from 'tap'
import { type AuthOptions, authPlugin } from '../../src/index.ts'

const first: AuthOptions = { secret: 'a secret of the first base, long enough', storage: 'sqlite::memory:' }
const second = {
  ...first,
  prefix: '/staff',
  tablePrefix: 'staff_',
  decorate: { authenticate: 'authenticateStaff', authorize: 'authorizeStaff', auth: 'staff' }
}
const shared = { accessToken: { secret: 'one secret for the tokens of both bases' } }

for (const [what, one, two, refused] of [
  ['one secret and another prefix of the tables', {}, {}, false],
  ['one prefix of the tables', {}, { tablePrefix: 'auth_' }, true],
  ['one key for access tokens', shared, shared, true],
  ['one key for access tokens, of two issuers', shared, { ...shared, issuer: 'staff' }, false],
  [
    'one name for cookies',
    { transport: 'cookie' },
    { transport: 'cookie', tablePrefix: 'auth_', secret: 'another secret for the second base' },
    true
  ]
] as const) {
  t.test(`${what}: ${refused ? 'refused at boot' : 'accepted'}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const boot = async () => {
      await app.register(authPlugin, { ...first, ...one } as AuthOptions & { prefix: string })
      await app.register(authPlugin, { ...second, ...two } as AuthOptions & { prefix: string })
      await app.ready()
    }
    if (refused) await t.rejects(boot(), { code: 'AUTH_OPTIONS_INVALID', message: /Two user bases/ })
    else await t.resolves(boot())
  })
}
