/** EM4, row 33: a letter that waits in the outbox must not give an account back to whoever asked for it before. */
import t from 'tap'
import type { MailMessage } from '../../src/index.ts'
import { bearer, call, freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { eachDatabase } from '../support/databases.ts'

for (const { name, storage } of eachDatabase) {
  t.test(`an e-mail change that waits for the mail server, on ${name}`, async (t) => {
    let down = true
    const sent: MailMessage[] = []
    const app = await startApp(t, {
      storage: await storage(t),
      mailer: async (message) => {
        if (down) throw new Error('the mail server is down')
        sent.push(message)
      }
    })
    const ask = async (accessToken: string, newEmail: string) => {
      const payload = { newEmail, password: PASSWORD }
      const headers = bearer(accessToken)
      t.equal((await call(app, { method: 'POST', url: '/auth/change-email', payload, headers })).status, 202)
      await app.auth.mail.flush()
    }
    const recover = async () => {
      down = false
      await app.auth.mail.flush()
      down = true
    }

    for (const [what, change] of [
      ['a new password', (id: string) => app.auth.users.setPassword(id, 'another good passphrase')],
      ['the end of every session', (id: string) => app.auth.sessions.endAll(id)],
      ['disabling the account', (id: string) => app.auth.users.disable(id)]
    ] as const) {
      t.test(`is moot after ${what}`, async (t) => {
        const { user, accessToken } = await signUp(app)
        const evil = freshEmail()
        await ask(accessToken, evil)
        await change(user.id)
        await recover()
        t.notOk(sent.some(({ to }) => to.address === evil))
      })
    }

    t.test('arrives otherwise', async (t) => {
      const { accessToken } = await signUp(app)
      const wanted = freshEmail()
      await ask(accessToken, wanted)
      await recover()
      t.ok(sent.some(({ to, purpose }) => to.address === wanted && purpose === 'change-email'))
    })

    t.test('whose link was sent dies when the account is disabled', async (t) => {
      const { user, accessToken } = await signUp(app)
      const wanted = freshEmail()
      await ask(accessToken, wanted)
      await recover()
      const { text = '' } = sent.find(({ to }) => to.address === wanted) ?? {}
      const token = new URLSearchParams(/#(\S+)/.exec(text)?.[1]).get('token')
      t.type(token, 'string')
      await app.auth.users.disable(user.id)
      t.equal((await post(app, '/auth/confirm-email-change', { token })).status, 400)
    })
  })
}
