import t from 'tap'
import { freshEmail, get, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`signing up on ${name}`, async (t) => {
    const app = await startApp(t, { storage: await storage(t) })
    const email = freshEmail()
    const answer = await post(app, '/auth/signup', { email, password: PASSWORD })

    t.equal(answer.status, 201)
    t.match(answer.body, {
      user: { id: /^[0-9a-f]{8}-[0-9a-f]{4}-7/, email, emailVerified: false, createdAt: /^\d{4}-.*\.\d{3}Z$/ },
      accessToken: /^ey[\w-]+\.[\w-]+\.[\w-]+$/,
      refreshToken: /^rt_[\w-]{94}$/,
      tokenType: 'Bearer',
      expiresIn: 600
    })
    t.same(Object.keys(answer.body), ['user', 'accessToken', 'refreshToken', 'tokenType', 'expiresIn'])

    t.test('signs in: the access token opens a protected route', async (t) => {
      const { status, body } = await get(app, '/protected', String(answer.body.accessToken))
      t.equal(status, 200)
      t.match(body, { id: (answer.body.user as { id: string }).id, email, emailVerified: false })
    })

    t.test('refuses an address that is taken, in any letter case', async (t) => {
      const again = await post(app, '/auth/signup', { email: email.toUpperCase(), password: PASSWORD })
      t.equal(again.status, 409)
      t.match(again.body, { statusCode: 409, code: 'AUTH_EMAIL_TAKEN', error: 'Conflict' })
      t.notOk(again.text.includes(email), 'the address is not repeated')
    })

    t.test('of 100 at once with one address in different letter cases, one succeeds', async (t) => {
      const address = freshEmail()
      const spellings = Array.from({ length: 100 }, (_, i) =>
        [...address].map((letter, place) => ((i >> (place % 7)) & 1 ? letter.toUpperCase() : letter)).join('')
      )
      const answers = await Promise.all(
        spellings.map((email) => post(app, '/auth/signup', { email, password: PASSWORD }))
      )
      t.same([...new Set(answers.map(({ status }) => status))].sort(), [201, 409])
      t.equal(answers.filter(({ status }) => status === 201).length, 1)
    })
  })
}

t.test('the address is kept and answered as it was typed', async (t) => {
  const app = await startApp(t)
  const { user } = await signUp(app, { email: 'Ada.Lovelace+Notes@Example.COM' })
  t.equal(user.email, 'Ada.Lovelace+Notes@Example.COM')
})

t.test('dots and tags distinguish addresses', async (t) => {
  const app = await startApp(t)
  for (const email of ['ab@example.com', 'a.b@example.com', 'ab+1@example.com']) {
    t.equal((await post(app, '/auth/signup', { email, password: PASSWORD })).status, 201, email)
  }
})

t.test('a weak password is refused with the reason', async (t) => {
  const app = await startApp(t)
  for (const [password, reason] of [
    ['seven77', 'too-short'],
    ['', 'too-short'],
    ['x'.repeat(257), 'too-long'],
    ['password123', 'common'],
    ['grace.hopper', 'context'],
    ['grace.hopper@example.com', 'context']
  ] as const) {
    const answer = await post(app, '/auth/signup', { email: 'grace.hopper@example.com', password })
    t.equal(answer.status, 422, password.slice(0, 20))
    t.match(answer.body, { code: 'AUTH_PASSWORD_REJECTED', reason })
  }
})

t.test('usernames', async (t) => {
  const app = await startApp(t, { identifiers: ['email', 'username'] })
  const { user } = await signUp(app, { username: 'Ada.L' })
  t.equal(user.username, 'Ada.L')

  t.test('are unique in any letter case', async (t) => {
    const answer = await post(app, '/auth/signup', { email: freshEmail(), username: 'ada.l', password: PASSWORD })
    t.equal(answer.status, 409)
    t.equal(answer.body.code, 'AUTH_USERNAME_TAKEN')
  })

  t.test('are required unless the options say otherwise', async (t) => {
    const answer = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })
    t.equal(answer.status, 400)
    t.match(answer.body.message, /username/)

    const relaxed = await startApp(t, { identifiers: ['email', 'username?'] })
    t.equal((await post(relaxed, '/auth/signup', { email: freshEmail(), password: PASSWORD })).status, 201)
  })

  t.test('can be the only identifier', async (t) => {
    const app = await startApp(t, { identifiers: ['username'] })
    const answer = await post(app, '/auth/signup', { username: 'ada', password: PASSWORD })
    t.equal(answer.status, 201)
    t.notOk('email' in (answer.body.user as object))
    t.equal((await post(app, '/auth/signup', { email: freshEmail(), username: 'bob', password: PASSWORD })).status, 400)
  })

  t.test('keep to their grammar', async (t) => {
    for (const username of ['ab', 'a'.repeat(33), '.ada', '-ada', 'ad a', 'adä', 'ada@home', '\u0430da']) {
      const answer = await post(app, '/auth/signup', { email: freshEmail(), username, password: PASSWORD })
      t.equal(answer.status, 400, username)
      t.match(answer.body, { code: 'FST_ERR_VALIDATION', message: /^body\/username must be a username/ })
    }
  })
})

t.test('the host\u2019s own fields', async (t) => {
  const app = await startApp(t, {
    user: {
      fields: {
        type: 'object',
        required: ['displayName'],
        properties: {
          displayName: { type: 'string', maxLength: 40 },
          plan: { type: 'string', enum: ['free', 'pro'], default: 'free' },
          credits: { type: 'integer' },
          address: { type: 'object', additionalProperties: false, properties: { city: { type: 'string' } } }
        }
      },
      serverOnly: ['credits']
    }
  })

  t.test('are stored, defaulted and answered flat', async (t) => {
    const { user } = await signUp(app, { displayName: 'Ada', address: { city: 'London' } })
    t.match(user, { displayName: 'Ada', plan: 'free', address: { city: 'London' } })
  })

  t.test('are validated, and named when they are wrong', async (t) => {
    for (const [fields, message] of [
      [{}, /displayName/],
      [{ displayName: 7 }, /^body\/displayName must be string/],
      [{ displayName: 'Ada', plan: 'gold' }, /^body\/plan/],
      [{ displayName: 'Ada', credits: 100 }, /"credits"/],
      [{ displayName: 'Ada', address: { street: 'x' } }, /^body\/address must not have the property "street"/]
    ] as const) {
      const answer = await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD, ...fields })
      t.equal(answer.status, 400)
      t.match(answer.body.message, message)
    }
  })
})
