/**
 * F11: a mail server that refuses, hangs, crawls or says no. Nobody who asks can read it off
 * the answer, nor off the clock (`npm run bench mail`); the letter comes when it can, once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { freshEmail, PASSWORD, post, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, click, type MailApp, seen, startMailApp } from '../support/mail-app.ts'
import { type Behaviour, mailServer } from '../support/mail-server.ts'

const WAYS: Readonly<Record<string, Behaviour>> = {
  'refuses connections': 'refuse',
  'takes connections and says nothing': 'black-hole',
  'says no for now': { reply: 451 },
  'says no': { reply: 550 },
  crawls: { delay: 5000 }
}

const start = (t: Test, storage: string) => startMailApp(t, { storage, email: { verification: 'required' } })

const ask = ({ app }: MailApp, url: string, payload: object) => seen(app, { method: 'POST', url, payload })

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  for (const [what, behaviour] of Object.entries(WAYS)) {
    t.test(`a mail server that ${what}, on ${name}`, async (t) => {
      const started = await start(t, await storage(t))
      const { app, mail } = started
      const known = freshEmail()
      const well = await ask(started, '/auth/signup', { email: known, password: PASSWORD })
      t.match(well, { status: 202 })
      t.equal((await click(app, await mail.next(known))).status, 200)

      await mail.behave(behaviour)
      const email = freshEmail()
      t.same(await ask(started, '/auth/signup', { email, password: PASSWORD }), well)
      t.same(await ask(started, '/auth/forgot-password', { email: known }), well)
      t.same(await ask(started, '/auth/resend-verification', { email: freshEmail() }), well)
      t.equal((await post(app, '/auth/login', { email: known, password: PASSWORD })).status, 200)
      // Each letter is tried, and what hangs is cut off when the server comes back.
      await Promise.race([app.auth.mail.flush(), sleep(300)])
      t.same(mail.letters.length, 1, 'nothing has arrived')

      await mail.behave('well')
      await app.auth.mail.flush()
      await app.auth.mail.flush()
      t.equal((await click(app, await mail.next(email))).status, 200, 'the link of the letter that came late works')
      const reset = await mail.next(known)
      t.equal((await click(app, reset, { newPassword: 'another good passphrase' })).status, 204)
      await app.auth.mail.flush()
      t.same(
        mail.letters.map(({ to }) => to[0]).sort(),
        [email, known, known, known].sort(),
        'each letter once, and the notice'
      )
    })
  }
}

t.test('F15 an app that closes waits no longer than five seconds for a mail server that hangs', async (t) => {
  const mail = await mailServer(t)
  await mail.behave('black-hole')
  const hangs: AuthOptions['mailer'] = () => new Promise(() => {})
  const apps = await Promise.all(
    [mail.url, hangs].map(async (mailer) => {
      const storage = sqliteFile(t)
      const app = await startApp(t, { storage, password: CHEAP, mailer })
      const emails = Array.from({ length: 15 }, freshEmail)
      for (const email of emails) await post(app, '/auth/signup', { email, password: PASSWORD })
      return { app, storage, emails }
    })
  )
  await sleep(50)
  const begin = performance.now()
  const closed = Promise.all(apps.map(({ app }) => app.close())).then(() => true)
  t.equal(await Promise.race([closed, sleep(5000)]), true)
  t.comment(`closed after ${(performance.now() - begin).toFixed(0)} ms`)
  await mail.left()

  t.test('and the letters are still there for the next process', async (t) => {
    await mail.behave('well')
    for (const { storage, emails } of apps) {
      const next = await startApp(t, { storage, password: CHEAP, mailer: mail.url })
      await next.auth.mail.flush()
      for (const email of emails) t.equal((await click(next, await mail.next(email))).status, 200)
    }
    t.equal(mail.letters.length, 30)
  })
})

t.test('letters under way when an app closes are finished first', async (t) => {
  const { app, mail } = await startMailApp(t)
  await mail.behave({ delay: 150 })
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  await sleep(50)
  await app.close()
  await mail.next(email)
})

t.test('LG2 what a mailer says of a letter that failed is logged without the letter', async (t) => {
  const lines: string[] = []
  const server = { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } }
  const texts: string[] = []
  const mailer: AuthOptions['mailer'] = async (message) => {
    texts.push(message.text)
    // As clients of HTTP APIs do it.
    throw Object.assign(new Error('Request failed with status code 500'), { config: { data: message } })
  }
  const app = await startApp(t, { password: CHEAP, mailer }, server)
  await post(app, '/auth/signup', { email: freshEmail(), password: PASSWORD })
  await app.auth.mail.flush()
  const logged = lines.join('')
  t.match(logged, /a letter was not sent/)
  t.match(logged, /Request failed with status code 500/)
  const [, token = ''] = /token=([\w-]+)/.exec(texts[0] ?? '') ?? []
  t.ok(token.length > 60)
  t.notOk(logged.includes(token))
})
