/** The example's page by keyboard, on a small screen, and with a browser that forgets. */
import type { Page } from 'playwright-core'
import t from 'tap'
import { launchChromium } from '../support/chromium.ts'
import { card, fillIn, form, said, signIn, startExample } from './example.ts'
import { visit, visitByPhone } from './visitor.ts'

const ACCOUNT = { 'E-mail': 'ada@example.com', Password: 'a good passphrase', 'Name optional': 'A'.repeat(64) }
const GREETING = `Hello, ${ACCOUNT['Name optional']}.`

const url = await startExample(t)
const browser = await launchChromium(t)

t.test('on a phone nothing is wider than the screen', async (t) => {
  const { page, complaints } = await visitByPhone(t, browser, url)
  const fits = async () => t.equal(await page.evaluate('document.documentElement.scrollWidth'), 375)

  for (const name of ['Create an account', 'Sign in', 'Forgot your password?', 'Sign in', 'Create an account']) {
    await page.getByRole('button', { name, exact: true }).filter({ visible: true }).last().click()
    await form(page, name).waitFor()
    await fits()
  }
  await fillIn(form(page, 'Create an account'), ACCOUNT)
  await page.getByText(/^Live, /).waitFor()
  await fillIn(form(page, 'Notes'), { 'New note': 'a'.repeat(280) })
  await card(page, 'Notes').getByRole('listitem').waitFor()
  for (const summary of await page.locator('.drawers summary').all()) await summary.click()
  await fits()
  await page.goto(`${url}/mailbox`)
  await page.getByRole('article').waitFor()
  await fits()
  t.same(complaints, [])
})

t.test('by keyboard alone', async (t) => {
  const { page, complaints } = await visit(t, browser, url)
  await form(page, 'Sign in').waitFor()

  await tabTo(page, 'E-mail or username')
  await page.keyboard.type(ACCOUNT['E-mail'])
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'Password')
  await page.keyboard.type(ACCOUNT.Password)
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'Remember me')
  await page.keyboard.press('Space')
  t.notOk(await page.getByLabel('Remember me').isChecked())
  await tabTo(page, 'Sign in')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: GREETING }).waitFor()
  t.equal(await focused(page), GREETING, 'a screen reader says where one is now')

  await tabTo(page, 'Change password')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'Current password')
  await page.keyboard.press('Enter')
  t.equal(await focused(page), 'Current password', 'what is missing has the focus')
  t.match(await form(page, 'Change password').textContent(), /Current password is needed/)

  await page.keyboard.press('Shift+Tab')
  await tabTo(page, 'Sign out', 'Shift+Tab')
  await page.keyboard.press('Enter')
  t.ok(await said(page, 'You are signed out.'))
  t.equal(await focused(page), 'Hello, stranger.')
  t.same(complaints, [])
})

t.test(
  'tokens are out of reach of any script, and go when the browser does unless it is told to remember',
  async (t) => {
    for (const remember of [true, false]) {
      const { page, context } = await visit(t, browser, url)
      await form(page, 'Sign in').getByLabel('Remember me').setChecked(remember)
      await signIn(page, ACCOUNT['E-mail'], ACCOUNT.Password)
      await page.getByRole('heading', { name: GREETING }).waitFor()
      const cookies = await context.cookies()
      t.same(cookies.map(({ name }) => name).sort(), ['access', 'refresh'])
      for (const { name, httpOnly, sameSite, expires } of cookies) {
        t.match({ httpOnly, sameSite }, { httpOnly: true, sameSite: 'Lax' }, name)
        t.equal(expires > 0, remember, `${name} ${remember ? 'lasts' : 'is a session cookie'}`)
      }
      t.equal(await page.evaluate('document.cookie'), '')
      t.same(await page.evaluate('Object.keys(sessionStorage)'), [])
      t.notMatch(await page.evaluate('JSON.stringify(localStorage)'), /eyJ|rt_/)
    }
  }
)

/** What is written on whatever has the focus, or on its label. */
function focused(page: Page): Promise<string> {
  return page.evaluate('(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()')
}

async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === name) return
    await page.keyboard.press(key)
  }
  throw new Error(`no way to ${name} by ${key}`)
}
