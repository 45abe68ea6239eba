import { type TObject, Type } from '@sinclair/typebox'
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import t from 'tap'
import { OptionsError } from '../src/errors.ts'
import { type AuthOptions, type Config, isKysely, readOptions } from '../src/options.ts'

const SECRET = 'a-secret-of-thirty-two-bytes-or-so'
const OTHER = 'another-secret-of-thirty-two-bytes'
const FIELDS = Type.Object({ bio: Type.Optional(Type.String()), plan: Type.String() })

const read = (options: object = {}): Config => readOptions({ secret: SECRET, ...options }, { production: false })

const readInProduction = (options: object = {}): Config =>
  readOptions({ secret: SECRET, storage: 'sqlite::memory:', ...options }, { production: true })

/** What boot says; fails when it says nothing. */
function refusal(boot: () => unknown): string {
  try {
    boot()
  } catch (error) {
    if (error instanceof OptionsError && error.code === 'AUTH_OPTIONS_INVALID') return error.message
    throw error
  }
  throw new Error('the options were accepted')
}

const kysely = () =>
  new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler()
    }
  })

t.test('the secret alone is enough, and every other option has its default', async (t) => {
  const { routes, password, ...config } = read()
  t.strictSame(config, {
    production: false,
    secrets: [SECRET],
    storage: 'sqlite:./gatehouse.sqlite',
    postgres: { prepare: true, listen: true },
    prefix: '/auth',
    issuer: 'fastify-gatehouse',
    audience: 'fastify-gatehouse',
    identifiers: { email: 'required', username: 'none' },
    user: { fields: { properties: {}, required: [] }, public: ['username'], serverOnly: [] },
    accessToken: { ttl: 600, claims: null, secrets: null },
    refreshToken: { idleTtl: 604_800, absoluteTtl: 2_592_000, grace: 30, rotate: true },
    sessions: { endedWithin: 1 },
    transports: ['bearer'],
    cookie: { secure: true, sameSite: 'lax' },
    origins: [],
    email: {
      verification: 'optional',
      verifyTtl: 86_400,
      resetTtl: 900,
      from: 'no-reply@localhost',
      appName: null,
      links: {},
      templates: {}
    },
    sendsMail: true,
    lettersPerHour: 5,
    migrate: true,
    decorate: { authenticate: 'authenticate', authorize: 'authorize', auth: 'auth' },
    tablePrefix: 'auth_',
    warnings: ['`mailer` is not given: letters stand in this log, with the tokens in them']
  })
  const { hashing, ...policy } = password
  t.strictSame(policy, {
    minLength: 8,
    maxLength: 256,
    blocklist: true,
    argon2: { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
  })
  t.equal(hashing.queue, 32)
  t.equal(Object.keys(routes).length, 24)
  for (const [name, route] of Object.entries(routes)) {
    t.strictSame(route, { paths: null, hide: false, off: false }, name)
  }
})

t.test('production wants its storage named, and does not change the tables by itself', async (t) => {
  t.equal(readInProduction().migrate, false)
  t.equal(readInProduction({ migrate: true }).migrate, true)
  for (const storage of [undefined, '']) {
    t.equal(
      refusal(() => readInProduction({ storage })),
      '`storage` is required when NODE_ENV is production: a database URL, a Kysely instance or an AuthStore; is the environment variable that you pass set?'
    )
  }
})

t.test('hashing leaves two threads of the pool free', async (t) => {
  const before = process.env.UV_THREADPOOL_SIZE
  t.teardown(() => {
    if (before === undefined) delete process.env.UV_THREADPOOL_SIZE
    else process.env.UV_THREADPOOL_SIZE = before
  })
  process.env.UV_THREADPOOL_SIZE = '3'
  t.equal(read().password.hashing.concurrency, 1)
  process.env.UV_THREADPOOL_SIZE = '1'
  t.equal(read().password.hashing.concurrency, 1)
  delete process.env.UV_THREADPOOL_SIZE
  t.ok(read().password.hashing.concurrency <= 2)
  t.equal(read({ password: { hashing: { concurrency: 7 } } }).password.hashing.concurrency, 7)
})

t.test('undefined means not given, at every level', async (t) => {
  const nothing = (names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]))
  const expected = read()
  const { production, secrets, transports, warnings, sendsMail, lettersPerHour, ...rest } = expected
  t.strictSame(read(nothing([...Object.keys(rest), 'transport', 'mailer', 'rateLimit', 'hooks', 'clock'])), expected)
  t.strictSame(
    read({
      postgres: nothing(['prepare', 'listen']),
      user: nothing(['fields', 'public', 'serverOnly']),
      password: {
        ...nothing(['minLength', 'maxLength', 'blocklist', 'check', 'pepper']),
        argon2: nothing(['memoryCost', 'timeCost', 'parallelism']),
        hashing: nothing(['concurrency', 'queue'])
      },
      accessToken: nothing(['ttl', 'claims', 'secret', 'algorithm', 'keys']),
      refreshToken: nothing(['idleTtl', 'absoluteTtl', 'grace', 'rotate']),
      sessions: nothing(['max', 'endedWithin']),
      cookie: nothing(['secure', 'sameSite', 'domain']),
      email: {
        ...nothing(['verification', 'verifyTtl', 'resetTtl', 'from', 'appName']),
        links: nothing(['verify', 'reset', 'change']),
        templates: nothing(['verify-email', 'reset-password', 'change-email', 'account-exists', 'account-deleted'])
      },
      apiKeys: nothing(['enabled', 'required']),
      hooks: nothing(['onSignup', 'onLogin', 'onReplay']),
      routes: { login: undefined, me: nothing(['path', 'hide', 'logLevel']) },
      decorate: nothing(['authenticate', 'authorize', 'auth'])
    }),
    expected
  )
})

t.test('what a host gives is what the house works with', async (t) => {
  const check = () => undefined
  const clock = () => new Date(0)
  const config = read({
    secret: [SECRET, OTHER],
    storage: 'postgres://localhost/app',
    postgres: { prepare: false },
    prefix: '',
    issuer: 'https://example.com',
    identifiers: ['email', 'username?'],
    user: { fields: FIELDS, public: ['id', 'bio', 'createdAt'], serverOnly: ['plan'] },
    password: { minLength: 15, check },
    accessToken: { ttl: 90, claims: ['email', 'plan'], secret: [`${OTHER}!`] },
    refreshToken: { idleTtl: '2h', absoluteTtl: '1d', grace: '0s' },
    sessions: { endedWithin: 0.2 },
    transport: ['bearer'],
    cookie: { sameSite: 'none', domain: 'example.com' },
    origins: ['https://app.example.com', 'http://localhost:5173'],
    email: { verification: 'off', from: 'Ada <ada@example.com>', appName: 'Example' },
    rateLimit: false,
    apiKeys: { enabled: false, required: false },
    policy: 'allow',
    hooks: {},
    routes: {
      login: '/sign-in',
      refresh: ['/a', '/b'],
      signup: false,
      me: { path: '/who', hide: true, logLevel: 'warn' }
    },
    migrate: false,
    clock,
    decorate: { auth: 'staff' },
    tablePrefix: 'staff_'
  })
  t.strictSame(config.secrets, [SECRET, OTHER])
  t.equal(config.storage, 'postgres://localhost/app')
  t.strictSame(config.postgres, { prepare: false, listen: true })
  t.equal(config.prefix, '')
  t.equal(config.audience, 'https://example.com', 'the audience is the issuer unless it is given')
  t.equal(read({ issuer: 'me', audience: 'you' }).audience, 'you')
  t.strictSame(config.identifiers, { email: 'required', username: 'optional' })
  t.strictSame(config.user, {
    fields: { properties: { bio: { type: 'string' }, plan: { type: 'string' } }, required: ['plan'] },
    public: ['id', 'bio', 'createdAt'],
    serverOnly: ['plan']
  })
  t.equal(config.password.check, check)
  t.equal(config.password.minLength, 15)
  t.strictSame(config.accessToken, { ttl: 90, claims: ['email', 'plan'], secrets: [`${OTHER}!`] })
  t.strictSame(config.refreshToken, { idleTtl: 7200, absoluteTtl: 86_400, grace: 0, rotate: true })
  t.equal(config.sessions.endedWithin, 0.2)
  t.strictSame(config.transports, ['bearer'])
  t.strictSame(config.cookie, { secure: true, sameSite: 'none', domain: 'example.com' })
  t.strictSame(config.origins, ['https://app.example.com', 'http://localhost:5173'])
  t.equal(config.email.from, 'Ada <ada@example.com>')
  t.equal(config.email.appName, 'Example')
  t.equal(config.lettersPerHour, null, '`rateLimit: false` lifts the limit of letters too')
  t.strictSame(config.routes.login, { paths: ['/sign-in'], hide: false, off: false })
  t.strictSame(config.routes.refresh, { paths: ['/a', '/b'], hide: false, off: false })
  t.strictSame(config.routes.signup, { paths: null, hide: false, off: true })
  t.strictSame(config.routes.me, { paths: ['/who'], hide: true, off: false, logLevel: 'warn' })
  t.equal(config.migrate, false)
  t.equal(config.clock, clock)
  t.equal(config.decorate.auth, 'staff')
  t.equal(config.tablePrefix, 'staff_')
  const claims = () => ({ tier: 1 })
  t.equal(read({ accessToken: { claims } }).accessToken.claims, claims)
  t.strictSame(read({ identifiers: ['username'] }).identifiers, { email: 'none', username: 'required' })
})

t.test('every kind of storage is let in', async (t) => {
  const store = { users: {}, sessions: {}, open: async () => {}, close: async () => {} }
  const urls = ['postgresql://h/d', 'sqlite:./a.sqlite', 'sqlite::memory:', 'pglite:./dir']
  for (const storage of [...urls, store, kysely()]) t.equal(read({ storage }).storage, storage)
  t.equal(isKysely(kysely()), true)
  t.equal(isKysely(store), false)
})

t.test('the config is frozen all the way down, and what belongs to the host stays as it was', async (t) => {
  const storage = { users: {}, sessions: {}, open: async () => {}, close: async () => {} }
  const check = () => undefined
  const clock = () => new Date(0)
  const fields = { type: 'object', properties: { plan: { enum: ['free', 'pro'] } }, required: ['plan'] }
  const options = {
    storage,
    clock,
    password: { check },
    user: { fields },
    origins: ['https://a.example'],
    routes: { me: '/i' }
  }
  const config = read(options)
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null || value === storage) return
    t.equal(Object.isFrozen(value), true, path)
    for (const [name, member] of Object.entries(value)) walk(member, `${path}.${name}`)
  }
  walk(config, 'config')
  const theirs = [storage, storage.users, check, clock, options, options.origins, fields, fields.properties.plan]
  for (const each of theirs) t.equal(Object.isFrozen(each), false)
  fields.properties.plan.enum.push('staff')
  t.strictSame(
    config.user.fields.properties.plan,
    { enum: ['free', 'pro'] },
    'a later change of the schema changes nothing'
  )
})

t.test('a missing secret is named with the way to get one', async (t) => {
  for (const secret of [undefined, '', []]) {
    t.equal(
      refusal(() => read({ secret })),
      '`secret` is required: at least 32 bytes (`npx fastify-gatehouse secret` makes one); is the environment variable that you pass set?'
    )
  }
  t.match(
    refusal(() => readOptions(undefined, { production: false })),
    /^`secret` is required/
  )
})

const FLAG = 'true or false'
const TEXT = 'a string that is not blank'
const SECRET_KIND = 'a secret of at least 32 bytes'
const SECRETS = `${SECRET_KIND} or a list of them`
const HOWTO = '(`npx fastify-gatehouse secret` makes one)'
const DURATION = "a duration from 1s to 3650d, such as '15m', or a number of seconds"
const WHOLE_DURATION = "a duration from 1s to 3650d, such as '15m', or a whole number of seconds"
const DATABASE_URL = 'a URL that starts with postgres://, mysql://, sqlite: or pglite:'
const SMTP_URL = 'a URL that starts with smtp:// or smtps://'
const NAMES = "'email' or 'username' or 'username?'"
const TRANSPORTS = "'bearer' or 'cookie' or 'refresh-cookie'"
const SENDER = 'an address without line breaks'
const LINK = 'an http or https URL with {token} in it'
const ORIGIN = "an exact origin such as 'https://app.example.com'"
const PATH = "a path that starts with '/'"
const PATHS = `a list that is not empty, each item ${PATH}`
const LEVELS = "'fatal' or 'error' or 'warn' or 'info' or 'debug' or 'trace' or 'silent'"
const IDENTIFIER = 'a name such as JavaScript allows after a dot'
const PREFIX = "'' or a path that starts with '/' and does not end with it"
const TABLE_PREFIX = 'lower-case letters, digits and underscores, first no digit, at most 24'
const BUILT_IN = [
  ...['id', 'email', 'emailVerified', 'username', 'createdAt', 'updatedAt', 'password', 'newPassword'],
  ...['currentPassword', 'newEmail', 'remember', 'token', 'refreshToken', 'accessToken', 'tokenType', 'expiresIn'],
  ...['roles', 'scopes', 'sessionId', 'user', 'challenge', 'code', '__proto__', 'constructor', 'prototype']
]

/** Path, what is expected there, and pairs of what is given at the path and how it is told. */
type Row = readonly [path: string, expected: string, ...wrong: (readonly [given: unknown, received: string])[]]

const wrong: readonly Row[] = [
  ['secret', SECRETS, [5, 'a number'], [null, 'null'], [{}, 'an object']],
  ['secret', SECRET_KIND, ['hunter2', `a string of length 7 ${HOWTO}`]],
  ['secret', `${SECRET_KIND} that is random text`, ['-'.repeat(64), 'one character, repeated']],
  ['secret[1]', SECRET_KIND, [[SECRET, undefined], `undefined ${HOWTO}`]],
  ['secret[2]', 'listed once', [[OTHER, SECRET, OTHER], 'the same as `secret[0]`']],
  ['storage', `${DATABASE_URL} or a Kysely instance or an AuthStore`, [5, '5'], [{ users: {} }, 'an object']],
  ['storage', DATABASE_URL, ['oracle', 'a string of length 6'], ['sqlite:', 'a string of length 7']],
  ['postgres', 'an object', [[], 'an empty list']],
  ['postgres.prepare', FLAG, ['no', "'no'"]],
  ['postgres.listen', FLAG, [0, '0']],
  ['prefix', PREFIX, ['auth', "'auth'"], ['/', "'/'"], ['/auth/', "'/auth/'"], ['//', "'//'"], ['/a b', "'/a b'"]],
  ['issuer', TEXT, ['', 'an empty string'], [' ', "' '"]],
  ['audience', TEXT, [['a'], 'a list of length 1']],
  ['identifiers', `a list that is not empty, each item ${NAMES}`, ['email', "'email'"], [[], 'an empty list']],
  ['identifiers', "a list with 'username' or with 'username?'", [['username', 'username?'], 'one with both']],
  ['identifiers', "a list with 'email' or 'username' in it", [['username?'], "'username?' alone"]],
  ['identifiers[0]', NAMES, [['phone'], "'phone'"]],
  ['identifiers[1]', 'listed once', [['email', 'email'], 'the same as `identifiers[0]`']],
  ['user.fields', 'an object', ['bio', 'a string of length 3']],
  ['user.fields', "a JSON Schema of type 'object'", [{}, 'one without a type']],
  ['user.fields.type', "'object'", ['string', "'string'"]],
  ['user.public[0]', "'id' or 'username' or 'createdAt'", [['email'], "'email'"], [['age'], "'age'"]],
  ['user.serverOnly[0]', 'a name in `user.fields.properties`', [['plan'], "'plan'"]],
  ['password', 'an object', ['hunter2', 'a string of length 7']],
  ['password.minLength', 'a whole number of at least 8', [7, '7'], ['10', "'10'"], [8.5, '8.5'], [Number.NaN, 'NaN']],
  ['password.maxLength', 'a whole number of at least 64', [63, '63']],
  ['password.blocklist', FLAG, [[], 'an empty list']],
  ['password.check', 'a function', ['breached', "'breached'"]],
  ['password.argon2.memoryCost', 'a whole number of at least 8', [7, '7']],
  ['password.argon2.timeCost', 'a whole number of at least 1', [0, '0']],
  ['password.argon2.parallelism', 'a whole number from 1 to 255', [0, '0'], [256, '256']],
  ['password.hashing.concurrency', 'a whole number of at least 1', [0, '0']],
  ['password.hashing.queue', 'a whole number of at least 0', [-1, '-1']],
  ['password.pepper', SECRETS, [7, 'a number']],
  ['accessToken.ttl', WHOLE_DURATION, ['10 minutes', "'10 minutes'"], ['0s', "'0s'"], ['1.5h', "'1.5h'"], ['5', "'5'"]],
  ['accessToken.ttl', WHOLE_DURATION, ['-1m', "'-1m'"], ['15M', "'15M'"], ['500ms', "'500ms'"], ['3651d', "'3651d'"]],
  ['accessToken.ttl', WHOLE_DURATION, ['', 'an empty string'], [null, 'null'], [true, 'true'], [0, '0'], [-1, '-1']],
  ['accessToken.ttl', WHOLE_DURATION, [1.5, '1.5'], [Number.NaN, 'NaN'], [1 / 0, 'Infinity'], [1e9, '1000000000']],
  ['accessToken.claims', `a list, each item ${TEXT} or a function`, ['email', "'email'"]],
  ['accessToken.secret', SECRET_KIND, ['', `an empty string ${HOWTO}`]],
  ['accessToken.secret', `a list that is not empty, each item ${SECRET_KIND}`, [[], 'an empty list']],
  ['accessToken.secret', 'a secret of its own', [[OTHER, SECRET], 'one that is in `secret` too']],
  ['accessToken.algorithm', "'HS256' or 'EdDSA' or 'ES256' or 'RS256'", ['none', "'none'"]],
  ['accessToken.keys[0]', 'a PEM', [['key'], 'a string of length 3']],
  ['refreshToken.idleTtl', DURATION, ['7 d', "'7 d'"]],
  ['refreshToken.idleTtl', 'at most `refreshToken.absoluteTtl` (2592000s)', ['31d', '2678400s']],
  ['refreshToken.absoluteTtl', DURATION, [0, '0']],
  ['refreshToken.grace', DURATION.replace('1s', '0s'), [-1, '-1']],
  ['refreshToken.rotate', FLAG, ['false', "'false'"]],
  ['sessions.max', 'a whole number of at least 1', [0, '0']],
  ['sessions.endedWithin', DURATION.replace('1s to 3650d', '0.1s to 1h'), ['2h', "'2h'"], [0, '0']],
  ['transport', TRANSPORTS, ['header', "'header'"]],
  ['transport', `a list that is not empty, each item ${TRANSPORTS}`, [[], 'an empty list']],
  ['transport[1]', 'listed once', [['bearer', 'bearer'], 'the same as `transport[0]`']],
  ['cookie.secure', FLAG, ['auto', "'auto'"]],
  ['cookie.sameSite', "'lax' or 'strict' or 'none'", [true, 'true']],
  ['cookie.sameSite', "'lax' or 'strict' where `origins` is empty", ['none', "'none'"]],
  ['cookie.domain', "a domain such as 'example.com'", ['.a.example', "'.a.example'"], ['a; Path=/x', "'a; Path=/x'"]],
  ['origins', `a list, each item ${ORIGIN}`, ['https://a.example', "'https://a.example'"]],
  [
    'origins[0]',
    ORIGIN,
    [['https://a.example/'], "'https://a.example/'"],
    [['https://A.example'], "'https://A.example'"]
  ],
  ['origins[0]', ORIGIN, [['a.example'], "'a.example'"], [['*'], "'*'"], [['null'], "'null'"]],
  ['email.verification', "'off' or 'optional' or 'required'", [true, 'true']],
  ['email.verifyTtl', DURATION, ['1w', "'1w'"]],
  ['email.resetTtl', DURATION, [{}, 'an object']],
  ['email.from', SENDER, [' ', "' '"], ['Ada', "'Ada'"], ['a@b\r\nBcc: c@d', 'a string of length 13']],
  ['email.appName', TEXT, [7, '7']],
  ['email.links', 'an object', ['https://a.example/{token}', 'a string of length 25']],
  ['email.links.verify', LINK, ['{token}', "'{token}'"], ['/verify?token={token}', "'/verify?token={token}'"]],
  ['email.links.reset', LINK, ['https://a.example', "'https://a.example'"], ['ftp://a/{token}', "'ftp://a/{token}'"]],
  [
    'email.links.change',
    LINK,
    ['https://a /{token}', "'https://a /{token}'"],
    ['javascript:{token}', "'javascript:{token}'"]
  ],
  ['email.templates', 'an object', ['plain', 'a string of length 5']],
  ['email.templates.verify-email', 'a function', ['<b>{link}</b>', "'<b>{link}</b>'"]],
  ['mailer', SMTP_URL, ['mail.example', 'a string of length 12']],
  ['mailer', `${SMTP_URL} or a nodemailer transporter or a function`, [{}, 'an object']],
  ['rateLimit', 'false or an object', [true, 'true']],
  ['apiKeys.enabled', FLAG, ['yes', "'yes'"]],
  ['apiKeys.required', FLAG, [null, 'null']],
  ['policy', "'allow' or 'deny'", ['ask', "'ask'"]],
  ['hooks.onSignup', 'a function', [{}, 'an object']],
  ['hooks.onLogin', 'a function', [false, 'false']],
  ['hooks.onReplay', 'a function', ['log', "'log'"]],
  ['routes.login', `false or ${PATH} or ${PATHS} or an object`, [true, 'true']],
  ['routes.login', PATH, ['sign-in', "'sign-in'"], ['', 'an empty string'], ['/a b', "'/a b'"], ['/a?b', "'/a?b'"]],
  ['routes.login', PATHS, [[], 'an empty list']],
  ['routes.login[1]', PATH, [['/a', 'b'], "'b'"]],
  ['routes.login.path', PATH, ['b', "'b'"]],
  ['routes.login.hide', FLAG, [1, '1']],
  ['routes.login.logLevel', LEVELS, ['loud', "'loud'"]],
  ['routes.publicProfile', `${PATH} and has ':username' in it`, ['/people/:name', "'/people/:name'"]],
  ['routes.endSession', `${PATH} and has ':id' in it`, ['/sessions', "'/sessions'"]],
  ['routes.endApiKey', `${PATH} and has ':id' in it`, ['/api-keys', "'/api-keys'"]],
  ['migrate', FLAG, ['true', "'true'"]],
  ['clock', 'a function', [new Date(0), 'an object']],
  ['decorate.authenticate', IDENTIFIER, ['', 'an empty string']],
  ['decorate.authorize', IDENTIFIER, ['1st', "'1st'"]],
  ['decorate.auth', IDENTIFIER, ['my-auth', "'my-auth'"]],
  ['decorate', 'three different names', [{ auth: 'authorize' }, 'the same one twice']],
  ['tablePrefix', TABLE_PREFIX, ['Auth_', "'Auth_'"], ['1auth', "'1auth'"], ['a-', "'a-'"], ['', 'an empty string']],
  ['tablePrefix', TABLE_PREFIX, ['a'.repeat(25), `'${'a'.repeat(25)}'`]]
]

/** `given` at a path such as `accessToken.keys[0]`, where the number only says which item is wrong. */
function optionsAt(path: string, given: unknown): object {
  const names = path.replace(/\[\d+\]$/, '').split('.')
  return names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), given) as object
}

t.test('a session without a refresh lasts a week, or as long as a session can where that is shorter', async (t) => {
  t.equal(read({ refreshToken: { absoluteTtl: '1d' } }).refreshToken.idleTtl, 86_400)
  t.equal(read({ refreshToken: { absoluteTtl: '90d' } }).refreshToken.idleTtl, 604_800)
})

t.test('a wrong value is refused in one sentence: path, expected, received', async (t) => {
  for (const [path, expected, ...values] of wrong) {
    for (const [given, received] of values) {
      t.equal(
        refusal(() => read(optionsAt(path, given))),
        `\`${path}\` must be ${expected}, received ${received}`
      )
    }
  }
  for (const input of [null, 'secret', 5, []]) {
    t.match(
      refusal(() => readOptions(input, { production: false })),
      /^`options` must be an object, received /
    )
  }
})

t.test('every option has a wrong value in the list above', async (t) => {
  const tried = new Set(wrong.map(([path]) => path.split(/[.[]/)[0]))
  const { production, secrets, transports, warnings, sendsMail, lettersPerHour, ...rest } = read()
  const others = ['secret', 'transport', 'clock', 'mailer', 'rateLimit', 'apiKeys', 'policy', 'hooks']
  for (const name of [...Object.keys(rest), ...others]) t.ok(tried.has(name), name)
})

t.test('values that are good by themselves and wrong together are refused', async (t) => {
  const cases: readonly (readonly [object, string])[] = [
    [
      { password: { minLength: 100, maxLength: 99 } },
      '`password.maxLength` must be a whole number of at least 100, received 99'
    ],
    [
      { password: { argon2: { memoryCost: 31, parallelism: 4 } } },
      '`password.argon2.memoryCost` must be a whole number of at least 32, received 31'
    ],
    [
      { cookie: { sameSite: 'none', secure: false }, origins: ['https://a.example'] },
      "`cookie.sameSite` must be 'lax' or 'strict' where `cookie.secure` is false, received 'none'"
    ],
    [
      { user: { fields: FIELDS, public: ['id', 'age'] } },
      "`user.public[1]` must be 'id' or 'username' or 'createdAt' or 'bio' or 'plan', received 'age'"
    ]
  ]
  for (const [options, sentence] of cases)
    t.equal(
      refusal(() => read(options)),
      sentence
    )
})

const mailer = async () => {}
const PAGE = 'https://app.example/?token={token}'
const MAIL = { from: 'no-reply@app.example', links: { verify: PAGE, reset: PAGE, change: PAGE } }

t.test('whether letters are sent, and whether addresses are proven, follows from what there is', async (t) => {
  const cases: readonly (readonly [given: object, inProduction: boolean, sendsMail: boolean, verification: string])[] =
    [
      [{}, false, true, 'optional'],
      [{}, true, false, 'off'],
      [{ mailer }, false, true, 'optional'],
      [{ mailer, email: MAIL }, true, true, 'optional'],
      [{ mailer, email: { ...MAIL, verification: 'required' } }, true, true, 'required'],
      [{ mailer, email: { ...MAIL, verification: 'off' } }, true, true, 'off'],
      [{ email: { verification: 'required' } }, false, true, 'required'],
      [{ email: { verification: 'off' } }, false, true, 'off'],
      [{ email: { verification: 'optional' } }, true, false, 'optional'],
      [{ identifiers: ['username'] }, false, false, 'off'],
      [{ identifiers: ['username'], mailer }, false, false, 'off'],
      [{ identifiers: ['username'], mailer }, true, false, 'off'],
      [{ identifiers: ['email', 'username'] }, false, true, 'optional']
    ]
  for (const [given, inProduction, sendsMail, verification] of cases) {
    const config = inProduction ? readInProduction(given) : read(given)
    t.strictSame(
      [config.sendsMail, config.email.verification],
      [sendsMail, verification],
      `${JSON.stringify(given)} ${inProduction ? 'in' : 'outside'} production`
    )
  }
})

t.test('a mailer is what the host gave', async (t) => {
  for (const each of [mailer, { sendMail: mailer }, 'smtp://localhost:25', 'smtps://user:pass@mail.example'])
    t.equal(read({ mailer: each }).mailer, each)
  t.notOk('mailer' in read())
})

t.test('boot says where letters go when nobody carries them', async (t) => {
  const inLog = '`mailer` is not given: letters stand in this log, with the tokens in them'
  const off = '`mailer` is not given: the routes that send letters are off'
  t.strictSame(read().warnings, [inLog])
  t.strictSame(readInProduction().warnings, [off])
  t.strictSame(read({ mailer }).warnings, [])
  t.strictSame(readInProduction({ mailer, email: MAIL }).warnings, [])
  t.strictSame(read({ identifiers: ['username'] }).warnings, [])
})

t.test('in production letters need a sender and pages to lead to, wherever such a letter is sent', async (t) => {
  const { from, links } = MAIL
  const page = (name: string) =>
    `\`email.links.${name}\` must be the URL of your page, with {token} in it, when NODE_ENV is production, received nothing`
  const cases: readonly (readonly [email: object | undefined, sentence: string])[] = [
    [undefined, '`email.from` must be the sender of letters when NODE_ENV is production, received nothing'],
    [{ links }, '`email.from` must be the sender of letters when NODE_ENV is production, received nothing'],
    [{ from }, page('verify')],
    [{ from, links: {} }, page('verify')],
    [{ from, links: { ...links, verify: undefined } }, page('verify')],
    [{ from, links: { ...links, reset: undefined } }, page('reset')],
    [{ from, links: { ...links, change: undefined } }, page('change')],
    [{ from, verification: 'off', links: { verify: PAGE } }, page('reset')]
  ]
  for (const [email, sentence] of cases) {
    t.equal(
      refusal(() => readInProduction({ mailer, email })),
      sentence
    )
    t.ok(read({ mailer, email }), 'elsewhere there is a page of ours')
  }
  t.ok(readInProduction({ mailer, email: { from, verification: 'off', links: { reset: PAGE, change: PAGE } } }))
  t.ok(readInProduction({ mailer, identifiers: ['username'] }), 'where there are no addresses nothing is sent')
  t.strictSame(readInProduction({ mailer, email: MAIL }).email.links, links)
})

t.test('nobody can be asked to prove an address that no letter can reach', async (t) => {
  const required = { email: { ...MAIL, verification: 'required' } }
  t.equal(
    refusal(() => readInProduction(required)),
    "`email.verification` must be 'off' or 'optional' where there is no `mailer`, received 'required'"
  )
  for (const boot of [read, readInProduction]) {
    t.equal(
      refusal(() => boot({ ...required, mailer, identifiers: ['username'] })),
      "`email.verification` must be 'off' or 'optional' where `identifiers` is without 'email', received 'required'"
    )
  }
})

t.test('a field of a user is a JSON Schema under a name of its own', async (t) => {
  const cases: readonly (readonly [object, string])[] = [
    [{ type: 'object' }, '`user.fields.properties` is required: the JSON Schema of each field by its name'],
    [
      { type: 'object', properties: { bio: true } },
      '`user.fields.properties.bio` must be a JSON Schema object, received true'
    ],
    [
      { type: 'object', properties: {}, required: ['bio'] },
      "`user.fields.required[0]` must be a name in `user.fields.properties`, received 'bio'"
    ],
    [
      { type: 'object', properties: {}, additionalProperties: true },
      '`user.fields.additionalProperties` must be false, received true'
    ]
  ]
  for (const [fields, sentence] of cases)
    t.equal(
      refusal(() => read({ user: { fields } })),
      sentence
    )
  for (const name of BUILT_IN) {
    const fields = { type: 'object', properties: Object.fromEntries([[name, {}]]) }
    t.equal(
      refusal(() => read({ user: { fields } })),
      `\`user.fields.properties.${name}\` must be a name of your own, received one that is built in`
    )
  }
})

t.test('a claim is a property of the user, and never one that a token has anyway', async (t) => {
  const properties = "'id' or 'email' or 'emailVerified' or 'username' or 'createdAt' or 'updatedAt'"
  for (const claim of ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'nbf', 'plann']) {
    const fields = Type.Object(claim === 'plann' ? {} : { [claim]: Type.String() })
    t.equal(
      refusal(() => read({ user: { fields }, accessToken: { claims: ['email', claim] } })),
      `\`accessToken.claims[1]\` must be ${properties}, received '${claim}'`
    )
  }
})

t.test('production refuses what elsewhere is a warning or a convenience', async (t) => {
  for (const [argon2, sentence] of [
    [
      { memoryCost: 4096 },
      '`password.argon2.memoryCost` must be at least 19456 when NODE_ENV is production, received 4096'
    ],
    [{ timeCost: 1 }, '`password.argon2.timeCost` must be at least 2 when NODE_ENV is production, received 1']
  ] as const) {
    t.equal(
      refusal(() => readInProduction({ password: { argon2 } })),
      sentence
    )
    t.strictSame(read({ identifiers: ['username'], password: { argon2 } }).warnings, [
      '`password.argon2` is weaker than 19456 KiB and 2 passes: stolen hashes are cheaper to guess, and production refuses it'
    ])
  }
  t.equal(
    refusal(() => readInProduction({ cookie: { secure: false } })),
    '`cookie.secure` must be true when NODE_ENV is production, received false'
  )
  t.equal(read({ cookie: { secure: false } }).cookie.secure, false)
})

t.test('switching rotation off is allowed, with a warning', async (t) => {
  const { refreshToken, warnings } = readInProduction({ identifiers: ['username'], refreshToken: { rotate: false } })
  t.equal(refreshToken.rotate, false)
  t.strictSame(warnings, [
    '`refreshToken.rotate` is false: a stolen refresh token works until its session ends, and nobody notices (RFC 9700 2.2.2)'
  ])
})

t.test('an unknown option is refused by name, with the nearest known one, at every level', async (t) => {
  const near: readonly (readonly [path: string, given: unknown, nearest: string])[] = [
    ['secrett', SECRET, 'secret'],
    ['jwtSecret', SECRET, 'secret'],
    ['Prefix', '/x', 'prefix'],
    ['transports', 'bearer', 'transport'],
    ['migrat', undefined, 'migrate'],
    ['password.minLenght', 10, 'password.minLength'],
    ['password.argon2.memory', 1, 'password.argon2.memoryCost'],
    ['routes.signUp', '/x', 'routes.signup'],
    ['routes.me.hidden', true, 'routes.me.hide'],
    ['user.fields.property', {}, 'user.fields.properties']
  ]
  for (const [path, given, nearest] of near) {
    t.equal(
      refusal(() => read(optionsAt(path, given))),
      `\`${path}\` is not an option, the nearest one is \`${nearest}\``
    )
  }
  const far: readonly (readonly [options: object, path: string, known: string])[] = [
    [{ postgres: { pgbouncerCompatible: true } }, 'postgres.pgbouncerCompatible', '`prepare`, `listen`'],
    [{ cookie: { constructor: 1 } }, 'cookie.constructor', '`secure`, `sameSite`, `domain`'],
    [JSON.parse('{"apiKeys":{"__proto__":{}}}'), 'apiKeys.__proto__', '`enabled`, `required`']
  ]
  for (const [options, path, known] of far) {
    t.equal(
      refusal(() => read(options)),
      `\`${path}\` is not an option, the ones known here are ${known}`
    )
  }
})

t.test('what is not built yet is refused in a sentence', async (t) => {
  const proxied = 'limits nothing and knows `false` (put @fastify/rate-limit in front of the sign-in routes)'
  const cases: readonly (readonly [options: object, told: string, now: string])[] = [
    [{ rateLimit: {} }, 'rateLimit', proxied],
    [{ apiKeys: { enabled: true } }, 'apiKeys.enabled: true', 'knows `false`'],
    [{ apiKeys: { required: true } }, 'apiKeys.required: true', 'knows `false`'],
    [{ policy: 'deny' }, "policy: 'deny'", "knows 'allow'"],
    [{ hooks: { onSignup: () => {} } }, 'hooks', 'tells what happened by `app.auth.events`'],
    [{ hooks: { onLogin: () => {} } }, 'hooks', 'tells what happened by `app.auth.events`'],
    [{ hooks: { onReplay: () => {} } }, 'hooks', 'tells what happened by `app.auth.events`'],
    [{ accessToken: { algorithm: 'EdDSA' } }, 'accessToken.algorithm', "knows 'HS256'"],
    [{ accessToken: { algorithm: 'ES256' } }, 'accessToken.algorithm', "knows 'HS256'"],
    [{ accessToken: { algorithm: 'RS256' } }, 'accessToken.algorithm', "knows 'HS256'"],
    [{ accessToken: { keys: [{ kty: 'OKP' }] } }, 'accessToken.keys', "signs with 'HS256'"],
    [{ password: { pepper: OTHER } }, 'password.pepper', 'hashes with argon2id and a salt'],
    [{ storage: 'mysql://localhost/app' }, 'storage: mysql://', 'knows postgres://, sqlite: and pglite:']
  ]
  for (const [options, told, now] of cases) {
    t.equal(
      refusal(() => read(options)),
      `\`${told}\` comes with a later release, this one ${now}`
    )
  }
})

t.test('a key of another kind is no secret, whatever stands before it', async (t) => {
  const pem = '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----'
  const jwk = '{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx","e":"AQAB"}'
  const jwks = JSON.stringify({ keys: [JSON.parse(jwk)] }, null, 2)
  for (const before of ['', ' ', '\n', '\t', '\uFEFF', '\0', 'x']) {
    for (const [key, name] of [
      [pem, 'what looks like a PEM'],
      [jwk, 'what looks like a JWK'],
      [jwks, 'what looks like a JWK'],
      [jwk.replace(':', ' : '), 'what looks like a JWK']
    ] as const) {
      const expected = `must be a secret of at least 32 bytes that is random text, received ${name}`
      t.equal(
        refusal(() => read({ secret: before + key })),
        `\`secret\` ${expected}`
      )
      t.equal(
        refusal(() => read({ secret: [SECRET, before + key] })),
        `\`secret[1]\` ${expected}`
      )
      t.equal(
        refusal(() => read({ accessToken: { secret: before + key } })),
        `\`accessToken.secret\` ${expected}`
      )
    }
  }
})

t.test('a secret is counted in bytes', async (t) => {
  t.strictSame(read({ secret: 'äöüß'.repeat(4) }).secrets, ['äöüß'.repeat(4)])
  t.match(
    refusal(() => read({ secret: 'abcd'.repeat(7) })),
    /received a string of length 28/
  )
})

t.test('no secret stands in a sentence, wherever it was put', async (t) => {
  const short = 'hunter2-hunter2'
  const urls = [`oracle://a:${short}@db`, `app:${short}`]
  const places: readonly ((value: string) => object)[] = [
    (value) => ({ secret: value }),
    (value) => ({ secret: [value, value] }),
    (value) => ({ secret: { value } }),
    (value) => ({ accessToken: { secret: value } }),
    (value) => ({ accessToken: value }),
    (value) => ({ accessToken: { keys: [value] } }),
    (value) => ({ password: { pepper: value } }),
    (value) => ({ password: value }),
    (value) => ({ storage: value }),
    (value) => ({ storage: { url: value } }),
    (value) => ({ storage: [value] }),
    (value) => ({ mailer: value }),
    (value) => ({ mailer: { auth: value } })
  ]
  for (const place of places) {
    for (const value of [short, ...urls])
      t.notMatch(
        refusal(() => read(place(value))),
        short
      )
  }
  for (const name of ['transport', 'prefix', 'policy', 'tablePrefix', 'migrate']) {
    t.notMatch(
      refusal(() => read({ [name]: SECRET.toUpperCase() })),
      SECRET.toUpperCase(),
      `a whole secret as ${name}`
    )
    t.notMatch(
      refusal(() => read({ [name]: urls[0] })),
      short,
      `a URL with a password as ${name}`
    )
  }
  t.notMatch(
    refusal(() => read({ secret: [SECRET, SECRET] })),
    SECRET
  )
  t.notMatch(
    refusal(() => read({ accessToken: { secret: SECRET } })),
    SECRET
  )
})

t.test('the type takes what hosts have at hand', async (t) => {
  const fields: TObject = FIELDS
  const options: AuthOptions = {
    secret: process.env.NO_SUCH_VARIABLE,
    storage: kysely(),
    user: { fields },
    accessToken: { claims: (user) => ({ name: user.username }) },
    password: { check: async (password) => password !== 'swordfish' },
    routes: { login: '/sign-in', me: { hide: true } }
  }
  t.match(
    refusal(() => readOptions(options, { production: false })),
    /^`secret` is required/
  )
  t.ok(read({ ...options, secret: SECRET }))
})
