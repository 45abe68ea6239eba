/** The example app, and what a person does on its pages, by what is written there. */
import type { Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { buildApp } from '../../examples/app.ts'
import { requireFreshBuild } from '../support/run.ts'

/** Its address. */
export async function startExample(t: Test): Promise<string> {
  requireFreshBuild()
  const app = await buildApp({
    DATABASE_URL: 'sqlite::memory:',
    AUTH_SECRET: 'a secret of at least 32 bytes, for this test'
  })
  t.teardown(() => app.close())
  await app.listen({ host: 'localhost', port: 0 })
  return `http://localhost:${new URL(app.listeningOrigin).port}`
}

/** What the page says of the last thing that was done. */
export async function said(page: Page, words: string | RegExp): Promise<string | null> {
  const status = page.getByRole('status').filter({ hasText: words })
  return status.textContent()
}

export const form = (page: Page, name: string): Locator => page.getByRole('form', { name })
export const card = (page: Page, name: string): Locator => page.getByRole('region', { name })

export async function fillIn(place: Locator, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) await place.getByLabel(label, { exact: true }).fill(value)
  await place.locator('[type=submit]').click()
}

export async function signIn(page: Page, identifier: string, password: string): Promise<void> {
  await fillIn(form(page, 'Sign in'), { 'E-mail or username': identifier, Password: password })
}

/** Reads the newest letter with that subject in the mailbox, follows its link, and does what the page there asks for. */
export async function followLetter(page: Page, subject: RegExp, act: (landing: Page) => Promise<void>): Promise<void> {
  const mailbox = await page.context().newPage()
  await mailbox.goto(new URL('/mailbox', page.url()).href)
  const letter = mailbox.getByRole('article').filter({ hasText: subject }).first()
  const opened = mailbox.waitForEvent('popup')
  await letter.getByRole('link').click()
  const landing = await opened
  await act(landing)
  await landing.getByText('Done.').waitFor()
  await landing.close()
  await mailbox.close()
}

/** A headless browser takes every page for the focused one. */
export const comeBack = (page: Page): Promise<unknown> => page.evaluate("dispatchEvent(new Event('focus'))")
