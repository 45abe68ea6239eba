import t from 'tap'
import { AuthClientError, type AuthClientErrorCode } from '../../src/client/index.ts'
import type { AuthErrorCode } from '../../src/index.ts'
import { freshEmail, PASSWORD } from '../support/app.ts'
import { openTab, sharedStore, signUpIn, startHouse } from './house.ts'

/** Does not compile when the client lacks a code of the server's. */
export const everyCode: (code: AuthErrorCode) => AuthClientErrorCode = (code) => code

t.test('the client', async (t) => {
  const house = await startHouse(t)
  const verify = `${house.url}/verify`
  const protectedRoute = `${house.origin}/protected`

  t.test('signs up, goes by the session, and signs out', async (t) => {
    const seen: (string | null)[] = []
    const auth = openTab(t, house, { onSignedIn: (user) => seen.push(user.email ?? null) })
    const stop = auth.subscribe((user) => seen.push(user && 'changed'))
    t.equal(auth.user, null)
    t.equal(await auth.ready(), false)

    const email = freshEmail()
    t.match(await auth.signUp({ email, password: PASSWORD }), { outcome: 'signed-in', user: { email } })
    t.equal(auth.user?.email, email)
    t.equal(await auth.ready(), true)
    t.match(await (await auth.fetch(protectedRoute)).json(), { id: auth.user?.id })

    await auth.signOut()
    t.equal(auth.user, null)
    t.equal((await auth.fetch(protectedRoute)).status, 401)
    t.same(auth.reasons, ['logout'])
    stop()
    await auth.signIn({ email, password: PASSWORD })
    await auth.signOut()
    t.same(seen, [email, 'changed', null, email])
  })

  t.test('signing out ends the session on the server too', async (t) => {
    const store = sharedStore()
    const auth = openTab(t, house, { keep: store })
    await signUpIn(auth)
    const kept = store.read()
    await auth.signOut()
    t.equal(store.read(), null)

    const other = openTab(t, house, { keep: { read: () => kept, write: () => {} } })
    t.match(await (await other.fetch(verify)).json(), { code: 'AUTH_SESSION_ENDED', reason: 'logout' })
  })

  t.test('signing out everywhere ends the sessions of other devices', async (t) => {
    const here = openTab(t, house)
    const there = openTab(t, house)
    const account = await signUpIn(here)
    await there.signIn(account)
    await here.signOut({ everywhere: true })
    t.equal(here.user, null)
    t.equal((await there.fetch(verify)).status, 401)
    t.equal(there.user, null)
    t.same([here.reasons, there.reasons], [['logout'], ['logout']])
  })

  t.test('refusals are thrown with status, code, reason and a sentence', async (t) => {
    const auth = openTab(t, house)
    const { email } = await signUpIn(auth)
    const refused = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => t.fail('was not refused'),
        (error) => error
      )
      t.ok(error instanceof AuthClientError)
      return error
    }
    t.match(await refused(auth.signIn({ email, password: 'not the passphrase' })), {
      name: 'AuthClientError',
      status: 401,
      code: 'AUTH_CREDENTIALS_INVALID',
      message: 'The credentials are not right'
    })
    t.match(await refused(auth.signUp({ email, password: PASSWORD })), { status: 409, code: 'AUTH_EMAIL_TAKEN' })
    t.match(await refused(auth.signUp({ email: freshEmail(), password: 'short' })), {
      status: 422,
      code: 'AUTH_PASSWORD_REJECTED',
      reason: 'too-short'
    })
    t.match(await refused(auth.signUp({ email, password: PASSWORD, height: 3 })), {
      status: 400,
      code: 'FST_ERR_VALIDATION'
    })
    t.ok(auth.user, 'none of them signs anyone out')
  })

  t.test('a 401 that is not about the session costs no refresh', async (t) => {
    const auth = openTab(t, house)
    await signUpIn(auth)
    house.requests.length = 0
    const body = JSON.stringify({ password: 'not the passphrase' })
    const headers = { 'content-type': 'application/json' }
    const response = await auth.fetch(`${house.url}/me`, { method: 'DELETE', headers, body })
    t.match(await response.json(), { code: 'AUTH_CREDENTIALS_INVALID' })
    t.same(house.requests, ['DELETE /auth/me'])
    t.ok(auth.user)
  })

  t.test('the access token goes to no other origin but those that are named', async (t) => {
    const elsewhere = await startHouse(t)
    const sent: (string | null)[] = []
    elsewhere.fault = ({ request, response }) => {
      sent.push(request.headers.authorization ?? null)
      response.end()
    }
    const stingy = openTab(t, house)
    const generous = openTab(t, house, { origins: [elsewhere.origin] })
    for (const auth of [stingy, generous]) {
      await signUpIn(auth)
      await auth.fetch(`${elsewhere.origin}/anything`)
      await auth.fetch(new URL(`${elsewhere.origin}/anything`))
      await auth.fetch(new Request(`${elsewhere.origin}/anything`))
    }
    t.same(sent.slice(0, 3), [null, null, null])
    t.match(sent.slice(3), [/^Bearer /, /^Bearer /, /^Bearer /])
  })

  t.test('a closed client can still be used, and hears nothing more', async (t) => {
    const keep = sharedStore()
    const auth = openTab(t, house, { keep })
    auth.close()
    await signUpIn(auth)
    t.equal((await auth.fetch(verify)).status, 200)
    await auth.signOut()
    t.same(auth.reasons, ['logout'])
  })

  t.test('changing the password goes on with the new session, in every tab', async (t) => {
    const keep = sharedStore()
    const here = openTab(t, house, { keep })
    const there = openTab(t, house, { keep })
    const { password } = await signUpIn(here)
    await here.changePassword({ currentPassword: password, newPassword: 'another good passphrase' })
    t.equal((await here.fetch(verify)).status, 200)
    t.equal((await there.fetch(verify)).status, 200)
    await t.rejects(here.changePassword({ currentPassword: password, newPassword: 'a third good passphrase' }), {
      code: 'AUTH_CREDENTIALS_INVALID'
    })
    t.same([here.reasons, there.reasons], [[], []])
  })
})

t.test('where an address must be confirmed first, signing up says so and signs nobody in', async (t) => {
  const house = await startHouse(t, { email: { verification: 'required' }, mailer: async () => {} })
  const auth = openTab(t, house)
  t.same(await auth.signUp({ email: freshEmail(), password: PASSWORD }), { outcome: 'check-email' })
  t.equal(auth.user, null)
})
