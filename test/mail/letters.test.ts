import t from 'tap'
import type { LetterName } from '../../src/store/index.ts'
import { freshEmail, PASSWORD, post, signUp, startApp } from '../support/app.ts'
import { click, type MailApp, startMailApp } from '../support/mail-app.ts'
import { linkOf, tokenOf } from '../support/mail-server.ts'

const NEW_PASSWORD = 'another good passphrase'

/** A life with every letter of a user in it, in order. */
async function live({ app, mail }: MailApp, fields: object = {}) {
  const [email, newEmail] = [freshEmail(), freshEmail()]
  const { user } = await signUp(app, { email, ...fields })
  const verify = await mail.next(email)
  await post(app, '/auth/forgot-password', { email })
  const reset = await mail.next(email)
  await click(app, reset, { newPassword: NEW_PASSWORD })
  const password = await mail.next(email)
  await app.auth.changeEmail(user.id, { newEmail, password: NEW_PASSWORD })
  const change = await mail.next(newEmail)
  await click(app, change)
  const moved = await mail.next(email)
  await app.auth.deleteMe(user.id, { password: NEW_PASSWORD })
  return { verify, reset, password, change, moved, deleted: await mail.next(newEmail) }
}

t.test('what our letters say', async (t) => {
  const started = await startMailApp(t, {
    email: { appName: 'Ada & <Sons>', from: '"Ada & Sons" <no-reply@example.com>', resetTtl: '10m', verifyTtl: '2d' }
  })
  const letters = await live(started)
  const links = { verify: /2 days/, reset: /10 minutes/, change: /2 days/ }

  for (const [name, letter] of Object.entries(letters)) {
    t.test(name, async (t) => {
      t.ok(letter.subject.includes('Ada & <Sons>'), letter.subject)
      t.ok(letter.text.includes('Ada & <Sons>'))
      t.match(letter.html, /Ada &#38; &#60;Sons&#62;/)
      t.notMatch(letter.html, /<Sons>/)
      t.equal(letter.headers.from, '"Ada & Sons" <no-reply@example.com>')
      t.equal(letter.headers['auto-submitted'], 'auto-generated', 'RFC 3834: no out-of-office note comes back')
      // Tokens are random, and may spell anything.
      const words = (letter.text + letter.html).replace(/[\w-]{40,}/g, '')
      t.notMatch(words, /\b(undefined|null|NaN)\b|\[object/)
      const lifetime = links[name as keyof typeof links]
      if (lifetime === undefined) return t.throws(() => linkOf(letter), 'there is nothing to click on')
      t.match(letter.text, lifetime)
      const [href] = /(?<=href=")[^"]*/.exec(letter.html) ?? []
      t.equal(href?.replaceAll('&#38;', '&'), linkOf(letter).href, 'the link is the same in both')
    })
  }
})

t.test('letters of the host\u2019s own', async (t) => {
  const names: readonly LetterName[] = [
    ...(['verify-email', 'reset-password', 'change-email', 'account-exists'] as const),
    ...(['email-changed', 'password-changed', 'account-deleted'] as const)
  ]
  const told: Record<string, unknown>[] = []
  const templates = Object.fromEntries(
    names.map((name) => [
      name,
      (data: object) => {
        told.push({ name, ...data })
        return {
          subject: `Mine: ${name}`,
          text: `${name}\n\n${'link' in data ? data.link : ''}\n`,
          html: `<b>${name}</b>`
        }
      }
    ])
  )
  const properties = { locale: { type: 'string' }, nickname: { type: 'string' } }
  const { app, mail } = await startMailApp(t, {
    user: { fields: { type: 'object', properties } },
    email: { appName: 'Example', templates }
  })
  const nickname = '<img src=x onerror=alert(1)>'
  const letters = await live({ app, mail }, { locale: 'pt-BR', nickname })
  t.match(letters.verify, { subject: 'Mine: verify-email', html: /<b>verify-email<\/b>/ })
  t.same(
    told.map(({ name }) => name),
    ['verify-email', 'reset-password', 'password-changed', 'change-email', 'email-changed', 'account-deleted']
  )
  for (const data of told.slice(0, 5)) {
    t.match(
      data,
      { appName: 'Example', locale: 'pt-BR', user: { nickname, id: /-/, createdAt: /Z$/ } },
      String(data.name)
    )
    t.same(
      Object.keys(data.user as object).filter((key) => /hash|password|epoch|disabled/i.test(key)),
      []
    )
  }
  t.match(told.at(-1), { name: 'account-deleted', user: null, locale: null, link: null })
  t.match(told[0], { link: /token=/, minutes: 24 * 60 })
  t.match(told[1], { link: /token=/, minutes: 15 })
  t.equal(tokenOf(letters.reset).length, 67)

  t.test('account-exists too, and a sign-up that waits is nobody yet', async (t) => {
    const waiting = await startMailApp(t, { email: { verification: 'required', templates } })
    const email = freshEmail()
    const signup = () => post(waiting.app, '/auth/signup', { email, password: PASSWORD })
    told.length = 0
    await signup()
    await click(waiting.app, await waiting.mail.next(email))
    await signup()
    t.match(await waiting.mail.next(email), { subject: 'Mine: account-exists' })
    t.match(told, [
      { name: 'verify-email', user: null, appName: 'this app' },
      { name: 'account-exists', link: null }
    ])
  })
})

t.test('a letter that a template cannot write is tried again, and hurts nobody else', async (t) => {
  let broken = true
  const { app, mail } = await startMailApp(t, {
    email: {
      templates: {
        'verify-email': ({ link }) => {
          if (broken) throw new Error('a fault of the host')
          return { subject: 'Mended', text: `${link}`, html: '' }
        }
      }
    }
  })
  const email = freshEmail()
  await signUp(app, { email })
  await post(app, '/auth/forgot-password', { email })
  t.match(await mail.next(email), { subject: /new password/ })
  broken = false
  await app.auth.mail.flush()
  const mended = await mail.next(email)
  t.equal(mended.subject, 'Mended')
  t.equal((await click(app, mended)).status, 200)
})

t.test('without a mailer letters stand in the log, and boot says so', async (t) => {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = await startApp(t, {}, { logger: { level: 'warn', stream } })
  t.match(lines, [{ msg: /letters stand in this log/ }])
  const email = freshEmail()
  await signUp(app, { email })
  await app.auth.mail.flush()
  const letter = lines.find(({ to }) => to === email)
  t.match(letter, { subject: /Confirm your e-mail address/, text: /token=/ })
  const token = tokenOf({ text: String(letter?.text) })
  t.equal((await post(app, '/auth/verify-email', { token })).status, 200)
})
