/** Tabs that share one session by their cookies: they refresh at once, sleep, and come back. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { launchChromium } from '../support/chromium.ts'
import { knock, openClient, openHouse, ready, signUp } from './house.ts'
import { visit } from './visitor.ts'

const EXPIRIES = 50
const LIFE = 60

const browser = await launchChromium(t)

// `localhost` is a secure context with locks between tabs; any other name, by plain HTTP, is none.
for (const name of ['localhost', 'house.test']) {
  t.test(`three tabs that refresh at once stay signed in: ${name}`, async (t) => {
    const house = await openHouse(t, { accessToken: { ttl: LIFE } })
    const url = `http://${name}:${house.port}`
    const { context, page, complaints } = await visit(t, browser, url)
    const tabs = [page, await context.newPage(), await context.newPage()]
    for (const tab of tabs) await openClient(tab, url)
    t.equal(await page.evaluate('isSecureContext'), name === 'localhost')
    await signUp(page, 'ada@example.com')
    for (const tab of tabs) t.ok(await ready(tab))

    // A refresh that arrives when other tabs have gone on twice looks like a theft.
    house.longestWay = 30
    const statuses = new Set<number>()
    for (let expiry = 0; expiry < EXPIRIES; expiry++) {
      house.pass(LIFE + 1)
      for (const status of await Promise.all(tabs.map(knock))) statuses.add(status)
    }
    t.same([...statuses], [200])
    const refreshes = house.seen.filter(({ url, status }) => url === '/auth/refresh' && status === 200)
    t.ok(refreshes.length >= EXPIRIES, 'each expiry took a refresh')
    for (const tab of tabs) t.same(await tab.evaluate('ended'), [])
    t.same(complaints, [])
  })
}

t.test('a tab with nothing to do refreshes shortly before its access token expires', async (t) => {
  const house = await openHouse(t, { accessToken: { ttl: '1s' } })
  const url = `http://localhost:${house.port}`
  const { page } = await visit(t, browser, url)
  await openClient(page, url)
  await signUp(page, 'ada@example.com')
  const refreshes = () => house.seen.filter((request) => request.url === '/auth/refresh')
  while (refreshes().length < 5) await sleep(100)
  t.ok(refreshes().every(({ status, hasCookie }) => status === 200 && hasCookie))
  t.equal(await knock(page), 200)
  t.same(await page.evaluate('ended'), [])
})

t.test('a tab that slept through the life of its access token wakes up signed in', async (t) => {
  const house = await openHouse(t, { accessToken: { ttl: LIFE } })
  const url = `http://localhost:${house.port}`
  const { context, page } = await visit(t, browser, url)
  await openClient(page, url)
  await signUp(page, 'ada@example.com')

  const lifecycle = await context.newCDPSession(page)
  await lifecycle.send('Page.setWebLifecycleState', { state: 'frozen' })
  house.pass(60 * LIFE)
  await lifecycle.send('Page.setWebLifecycleState', { state: 'active' })
  t.equal(await knock(page), 200)
  t.same(await page.evaluate('ended'), [])

  t.test('and so does one that was closed, until nobody came for too long', async (t) => {
    await page.close()
    for (const [days, isSignedIn] of [
      [6, true],
      [8, false]
    ] as const) {
      house.pass(days * 24 * 60 * 60)
      const tab = await context.newPage()
      await openClient(tab, url)
      t.equal(await ready(tab), isSignedIn, `after ${days} days`)
      await tab.close()
    }
  })
})
