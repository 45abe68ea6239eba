import t from 'tap'
import { bearer, call, freshEmail, get, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

const fields = {
  type: 'object',
  required: ['displayName'],
  properties: {
    displayName: { type: 'string', maxLength: 40 },
    motto: { type: 'string' },
    settings: { type: 'object', properties: { theme: { type: 'string' } } },
    theme: { type: 'string', default: 'light' },
    credits: { type: 'integer' }
  }
} as const

for (const { name, storage } of eachDatabase) {
  t.test(`the own account on ${name}`, async (t) => {
    const app = await startApp(t, {
      storage: await storage(t),
      identifiers: ['email', 'username?'],
      user: { fields, serverOnly: ['credits'] }
    })
    const signedUp = await signUp(app, { displayName: 'Ada', motto: 'onwards', username: 'ada' })
    const { accessToken } = signedUp
    const patch = (payload: object) =>
      call(app, { method: 'PATCH', url: '/auth/me', payload, headers: bearer(accessToken) })

    t.test('is the user itself', async (t) => {
      t.same((await get(app, '/auth/me', accessToken)).body, signedUp.user)
    })

    t.test('an empty change changes nothing, not even updatedAt', async (t) => {
      const { status, body } = await patch({})
      t.equal(status, 200)
      t.same(body, signedUp.user)
    })

    t.test('absent keeps, null removes', async (t) => {
      const changed = await patch({ displayName: 'Ada L.', settings: { theme: 'dark' } })
      t.match(changed.body, { displayName: 'Ada L.', motto: 'onwards', settings: { theme: 'dark' }, theme: 'light' })
      t.ok(String(changed.body.updatedAt) >= String(signedUp.user.updatedAt))
      const removed = await patch({ motto: null, theme: null })
      t.notOk('motto' in removed.body)
      t.notOk('theme' in removed.body, 'a default is for sign-up only')
      t.same((await get(app, '/auth/me', accessToken)).body, removed.body)
    })

    t.test('what cannot be changed so is refused by name, and nothing is written', async (t) => {
      const before = (await get(app, '/auth/me', accessToken)).body
      for (const [change, message] of [
        [{ displayName: null }, /displayName/],
        [{ displayName: 7 }, /displayName/],
        [{ motto: 'x', credits: 5 }, /"credits"/],
        [{ motto: 'x', email: freshEmail() }, /"email"/],
        [{ motto: 'x', id: 'x' }, /"id"/],
        [{ motto: 'x', password: 'x' }, /"password"/],
        [{ motto: 'nul \0' }, /motto/],
        [{ username: 'no spaces' }, /username/]
      ] as const) {
        const answer = await patch(change)
        t.equal(answer.status, 400)
        t.match(answer.body.message, message)
      }
      t.same((await get(app, '/auth/me', accessToken)).body, before)
    })

    t.test('changes at the same time both last', async (t) => {
      await Promise.all([patch({ motto: 'both' }), patch({ displayName: 'last' }), patch({ username: 'Ada2' })])
      t.match((await get(app, '/auth/me', accessToken)).body, { motto: 'both', displayName: 'last', username: 'Ada2' })
    })

    t.test('a username can be given up and cannot be taken from another', async (t) => {
      await signUp(app, { displayName: 'Bob', username: 'Bob' })
      const taken = await patch({ username: 'bOB' })
      t.equal(taken.status, 409)
      t.equal(taken.body.code, 'AUTH_USERNAME_TAKEN')
      t.equal(
        (await patch({ username: 'ADA2' })).body.username,
        'ADA2',
        'one\u2019s own in other letters is no conflict'
      )
      t.notOk('username' in (await patch({ username: null })).body)
    })

    t.test('of a user who is gone says that the session ended', async (t) => {
      const { user, accessToken } = await signUp(app, { displayName: 'Eve' })
      await app.auth.users.delete(user.id)
      const answer = await get(app, '/auth/me', accessToken)
      t.equal(answer.status, 401)
      t.match(answer.body, { code: 'AUTH_SESSION_ENDED', reason: 'deleted' })
    })
  })
}

t.test('a required username cannot be given up', async (t) => {
  const app = await startApp(t, { identifiers: ['email', 'username'] })
  const { accessToken } = await signUp(app, { username: 'ada' })
  const answer = await call(app, {
    method: 'PATCH',
    url: '/auth/me',
    payload: { username: null },
    headers: bearer(accessToken)
  })
  t.equal(answer.status, 400)
})
