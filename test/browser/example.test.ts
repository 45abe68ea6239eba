/** The example's page, walked through by a person with a laptop and a phone. */
import t from 'tap'
import { launchChromium } from '../support/chromium.ts'
import { card, comeBack, fillIn, followLetter, form, said, signIn, startExample } from './example.ts'
import { visit, visitByPhone } from './visitor.ts'

const EMAIL = 'ada@example.com'
const PASSWORDS = ['a good passphrase', 'another passphrase', 'a third passphrase'] as const

const url = await startExample(t)
const browser = await launchChromium(t)
const laptop = await visit(t, browser, url)
const phone = await visitByPhone(t, browser, url)

t.test('an account is made, and its address confirmed by a letter', async (t) => {
  const { page } = laptop
  await page.getByRole('button', { name: 'Create an account' }).click()
  await fillIn(form(page, 'Create an account'), { 'E-mail': EMAIL, Password: 'password' })
  await form(page, 'Create an account').getByText('Password is one of those that everybody guesses first').waitFor()

  await fillIn(form(page, 'Create an account'), { Password: PASSWORDS[0] })
  await page.getByRole('heading', { name: `Hello, ${EMAIL}.` }).waitFor()
  await page.getByText(/^Live, /).waitFor()
  await page.getByRole('link', { name: 'Mailbox 1 new' }).waitFor()

  const notice = card(page, 'Your address')
  t.ok(await notice.isVisible())
  await followLetter(page, /Confirm your e-mail address/, (landing) =>
    landing.getByRole('button', { name: 'Confirm this address' }).click()
  )
  await comeBack(page)
  await notice.waitFor({ state: 'hidden' })
  t.match(await form(page, 'Profile').textContent(), `${EMAIL}, confirmed`)
})

t.test('a note is written, and the profile changed', async (t) => {
  const { page } = laptop
  await fillIn(form(page, 'Notes'), { 'New note': 'Water the ferns' })
  t.ok(await said(page, 'Your note is added.'))
  t.match(await card(page, 'Notes').getByRole('listitem').textContent(), 'Water the ferns')

  await fillIn(form(page, 'Profile'), { 'Username optional': '-' })
  await form(page, 'Profile').getByText('Username takes 3 to 32').waitFor()
  await fillIn(form(page, 'Profile'), { 'Username optional': 'ada', 'Name optional': 'Ada' })
  t.ok(await said(page, 'Your profile is saved.'))
  t.ok(await page.getByRole('heading', { name: 'Hello, Ada.' }).isVisible())

  await page.reload()
  await page.getByRole('heading', { name: 'Hello, Ada.' }).waitFor()
  await card(page, 'Notes').getByText('Water the ferns').waitFor()
})

t.test('a session is ended from elsewhere, and its page says so by itself', async (t) => {
  await signIn(phone.page, 'ada', PASSWORDS[0])
  await phone.page.getByText(/^Live, /).waitFor()

  await comeBack(laptop.page)
  const sessions = card(laptop.page, 'Where you are signed in').getByRole('listitem')
  await sessions.nth(1).waitFor()
  t.equal(await sessions.count(), 2)
  t.equal(await sessions.filter({ hasText: 'This one' }).count(), 1)

  await sessions.getByRole('button', { name: 'End the session of' }).click()
  t.match(await said(phone.page, 'You are signed out'), /ended in another tab or from another device/)
  t.ok(await form(phone.page, 'Sign in').isVisible())
  t.match(await said(laptop.page, 'has ended'), 'The session of')
  t.equal(await sessions.count(), 1)
})

t.test('a new password signs every other device out', async (t) => {
  await signIn(phone.page, EMAIL, PASSWORDS[0])
  await phone.page.getByText(/^Live, /).waitFor()

  const { page } = laptop
  const change = form(page, 'Change password')
  await page.getByText('Change password').first().click()
  await fillIn(change, { 'Current password': 'not this one', 'New password': PASSWORDS[1] })
  await change.getByText('Current password is not right.').waitFor()
  await fillIn(change, { 'Current password': PASSWORDS[0] })
  t.ok(await said(page, 'Your password is changed.'))
  t.match(await said(phone.page, 'You are signed out'), /the password was changed/)

  // The line of the old session was closed as well, and there is one for the new.
  await page.getByText(/^Live, /).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Hello, Ada.' }).waitFor()
})

t.test('a forgotten password is replaced by a letter', async (t) => {
  const { page } = phone
  await page.getByRole('button', { name: 'Forgot your password?' }).click()
  await fillIn(form(page, 'Forgot your password?'), { 'E-mail': EMAIL })
  t.ok(await said(page, 'a letter with a link is on its way'))
  await followLetter(page, /Choose a new password/, async (landing) => {
    await landing.getByLabel('New password').fill(PASSWORDS[2])
    await landing.getByRole('button', { name: 'Choose a new password' }).click()
  })
  t.match(await said(laptop.page, 'You are signed out'), /the password was changed/)

  await signIn(page, EMAIL, PASSWORDS[1])
  await form(page, 'Sign in').getByText('That is not the right combination').waitFor()
  await signIn(page, EMAIL, PASSWORDS[2])
  t.ok(await said(page, 'You are signed in.'))
})

t.test('the account moves to another address when the link that went there is followed', async (t) => {
  const { page } = phone
  await page.getByText('Change e-mail address').first().click()
  await fillIn(form(page, 'Change e-mail address'), {
    'New e-mail': 'lovelace@example.com',
    'Current password': PASSWORDS[2]
  })
  t.match(await said(page, 'A letter is on its way'), 'lovelace@example.com')
  await followLetter(page, /Confirm your new e-mail address/, (landing) =>
    landing.getByRole('button', { name: 'Confirm this address' }).click()
  )
  await comeBack(page)
  await form(page, 'Profile').getByText('lovelace@example.com, confirmed').waitFor()
})

t.test('two tabs are one session', async (t) => {
  const first = phone.page
  const second = await phone.context.newPage()
  await second.goto(url)
  await second.getByRole('heading', { name: 'Hello, Ada.' }).waitFor()
  await first.getByRole('button', { name: 'Sign out', exact: true }).click()
  t.ok(await said(first, 'You are signed out.'))
  t.match(await said(second, 'You are signed out'), /in another tab/)

  await signIn(second, 'ada', PASSWORDS[2])
  await first.getByRole('heading', { name: 'Hello, Ada.' }).waitFor()
  await second.close()
})

t.test('the account is deleted, and nobody signs in to it any more', async (t) => {
  const { page } = phone
  await page.getByText('Delete account').first().click()
  await fillIn(form(page, 'Delete account'), { 'Current password': PASSWORDS[2] })
  t.ok(await said(page, 'Your account is deleted'))
  await signIn(page, 'ada', PASSWORDS[2])
  await form(page, 'Sign in').getByText('That is not the right combination').waitFor()
})

t.test('no script failed on the way, and nothing was against the policy', async (t) => {
  t.same([...laptop.complaints, ...phone.complaints], [])
  await laptop.page.evaluate(
    "document.head.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))"
  )
  await laptop.page.evaluate("document.body.setAttribute('style', 'color: red')")
  t.match(laptop.complaints[0], /Content Security Policy/, 'it would have been noticed')
})
