/**
 * EM6, rows 21, 22, 26, 46 and 51: five hundred addresses that look like somebody's, or name two recipients, or hold a
 * header. Where a letter goes is checked where it arrives: in the envelope, in the header, and by the count.
 */
import t, { type Test } from 'tap'
import { bearer, freshEmail, PASSWORD, post, signUp } from '../support/app.ts'
import { eachDatabase, sqliteFile } from '../support/databases.ts'
import { click, type MailApp, startMailApp } from '../support/mail-app.ts'
import type { ReceivedLetter } from '../support/mail-server.ts'
import { addressesLike } from './addresses.ts'

/** Letters that are on their way arrive; these are the new ones. */
async function lettersOf({ app, mail }: MailApp, work: () => Promise<unknown>): Promise<readonly ReceivedLetter[]> {
  const before = mail.letters.length
  await work()
  await app.auth.mail.flush()
  return mail.letters.slice(before)
}

function goesOnlyTo(t: Test, letters: readonly ReceivedLetter[], address: string): void {
  for (const { to, headers } of letters) {
    if (to.length !== 1 || to[0] !== address) t.fail(`an envelope to ${JSON.stringify(to)}`)
    if (headers.to !== address) t.fail(`a header to ${JSON.stringify(headers.to)}`)
    for (const name of ['cc', 'bcc', 'reply-to']) if (headers[name] !== undefined) t.fail(`a header ${name}`)
  }
}

/** As a test's name can have it. */
const shown = (email: string): string =>
  Buffer.from(email)
    .toString('latin1')
    .slice(0, 80)
    .replace(/[^ -~]/g, '?')

const STORED = 'Victim.Smith@example.com'
const { same, other } = addressesLike(STORED.toLowerCase())

t.test('the corpus is one', async (t) => {
  t.ok(other.length >= 500, `${other.length} addresses`)
  t.ok(same.length >= 3)
})

for (const { name, storage } of eachDatabase) {
  t.test(`a stored address gets its letters, and no other does, on ${name}`, async (t) => {
    const started = await startMailApp(t, { storage: await storage(t) })
    const { app, mail } = started
    await signUp(app, { email: STORED })
    await mail.next(STORED)

    for (const path of ['forgot-password', 'resend-verification']) {
      for (const email of same) {
        const letters = await lettersOf(started, async () => {
          t.equal((await post(app, `/auth/${path}`, { email })).status, 202)
        })
        t.equal(letters.length, 1, email)
        goesOnlyTo(t, letters, STORED)
      }
      const letters = await lettersOf(started, async () => {
        for (const email of other) {
          const { status } = await post(app, `/auth/${path}`, { email })
          if (status !== 400 && status !== 202) t.fail(`${status} for ${shown(email)}`)
        }
      })
      t.same(letters, [], `${path}: none of ${other.length}`)
    }
  })
}

t.test('who signs up, or moves, with such an address gets a letter there and nowhere else', async (t) => {
  const started = await startMailApp(t, { storage: sqliteFile(t), email: { verification: 'required' } })
  const { app, mail } = started
  await post(app, '/auth/signup', { email: STORED, password: PASSWORD })
  t.equal((await click(app, await mail.next(STORED))).status, 200)
  const { user, accessToken } = await app.auth.login({ email: STORED, password: PASSWORD })
  let accepted = 0

  for (const email of other) {
    const letters = await lettersOf(started, async () => {
      const signup = await post(app, '/auth/signup', { email, password: PASSWORD })
      const change = await post(app, '/auth/change-email', { newEmail: email, password: PASSWORD }, bearer(accessToken))
      if (signup.status !== change.status) t.fail(`${signup.status} and ${change.status} for ${shown(email)}`)
      if (signup.status === 202) accepted += 1
      else if (signup.status !== 400) t.fail(`${signup.status} for ${shown(email)}`)
      else if (signup.body.code !== 'FST_ERR_VALIDATION') t.fail(`${signup.body.code} for ${shown(email)}`)
    })
    if (letters.length !== 0 && letters.length !== 2) t.fail(`${letters.length} letters for ${shown(email)}`)
    goesOnlyTo(t, letters, email)
  }
  t.ok(accepted > 20, `${accepted} of them are addresses`)
  t.equal(mail.letters.length, 1 + 2 * accepted)
  t.ok(mail.letters.slice(1).every(({ to }) => to.every((address) => /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(address))))
  t.equal((await app.auth.users.get(user.id)).email, STORED)
})

t.test('an address is nothing but text to the letter of somebody else', async (t) => {
  const started = await startMailApp(t, { email: { appName: `A"><script>alert('x')</script>&amp;` } })
  const email = `o'brien&lt{x}\`|$=/?^~!#%@${freshEmail().split('@')[1]}`
  const letters = await lettersOf(started, () => signUp(started.app, { email }))
  goesOnlyTo(t, letters, email)
  const [letter] = letters
  t.notMatch(letter?.html, /<script|<\/script|&amp;/)
  t.notOk(letter?.html.includes(email) || letter?.text.includes(email), 'it is not even told')
})
