/** Somebody with a browser of their own, and what that browser complains about. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'

export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors of scripts and of the content security policy, in all pages. */
  readonly complaints: readonly string[]
}

const PHONE = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true } satisfies BrowserContextOptions

const PATIENCE_MS = 10_000

export async function visit(
  t: Test,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Promise<Visitor> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  context.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    // An answer of the server that is a refusal is no fault of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text())
    }
  })
  const page = await context.newPage()
  await page.goto(url)
  return { context, page, complaints }
}

export const visitByPhone = (t: Test, browser: Browser, url: string) => visit(t, browser, url, PHONE)
