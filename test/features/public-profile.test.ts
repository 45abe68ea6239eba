import t from 'tap'
import { get, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

const user = {
  fields: { type: 'object', properties: { motto: { type: 'string' }, phone: { type: 'string' } } },
  public: ['username', 'motto', 'createdAt']
} as const

for (const { name, storage } of eachDatabase) {
  t.test(`a public profile on ${name}`, async (t) => {
    const app = await startApp(t, { storage: await storage(t), identifiers: ['email', 'username'], user })
    const signedUp = await signUp(app, { username: 'Ada', motto: 'onwards', phone: '123' })

    t.test('shows the public fields and nothing else', async (t) => {
      for (const path of ['/auth/users/Ada', '/auth/users/aDA', '/auth/public/ada']) {
        const { status, body } = await get(app, path)
        t.equal(status, 200)
        t.same(body, { username: 'Ada', motto: 'onwards', createdAt: signedUp.user.createdAt })
      }
    })

    t.test('unknown, malformed and disabled are one answer', async (t) => {
      const bob = await signUp(app, { username: 'Bob' })
      await app.auth.users.disable(bob.user.id)
      const unknown = await get(app, '/auth/users/nobody')
      t.equal(unknown.status, 404)
      t.equal(unknown.body.code, 'AUTH_USER_NOT_FOUND')
      for (const name of ['bob', 'a', '%00', '%F0%9F%98%80', 'x'.repeat(50), '..%2f..', "';--"]) {
        t.same((await get(app, `/auth/users/${name}`)).text, unknown.text, name)
      }
    })
  })
}

t.test('exists only where usernames do', async (t) => {
  const app = await startApp(t)
  t.equal((await get(app, '/auth/users/ada')).body.message, 'Route GET:/auth/users/ada not found')
})
