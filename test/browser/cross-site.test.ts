/** A page of somebody else's can neither sign its visitor in or out, nor change anything of theirs (CK5, CK6, CK8). */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchChromium } from '../support/chromium.ts'
import { type House, knock, openClient, openHouse, type SeenRequest, signUp } from './house.ts'
import { type Visitor, visit } from './visitor.ts'

const VICTIM = 'ada@example.com'
const ATTACKER = 'mallory@example.com'
const PASSWORD = 'a good passphrase'

const ROUTES = [
  ['POST', '/auth/login'],
  ['POST', '/auth/signup'],
  ['POST', '/auth/refresh'],
  ['POST', '/auth/logout'],
  ['POST', '/auth/logout-all'],
  ['POST', '/auth/change-password'],
  ['POST', '/auth/change-email'],
  ['POST', '/protected'],
  ['PATCH', '/auth/me'],
  ['DELETE', '/auth/me'],
  ['DELETE', '/auth/sessions'],
  ['GET', '/auth/logout'],
  ['GET', '/auth/logout-all'],
  ['GET', '/auth/refresh'],
  ['GET', '/auth/me'],
  ['GET', '/auth/sessions'],
  ['GET', '/auth/action']
] as const

/** Where the house is, where the attack comes from, and whether a browser sends the cookies of the one to the other. */
const PLACES = [
  { house: 'localhost', attacker: 'attacker.test', sameSite: false },
  { house: 'localhost', attacker: '127.0.0.1', sameSite: false },
  { house: 'localhost', attacker: 'localhost', sameSite: true },
  // By plain HTTP to such a name a browser says nothing of sites: only `Origin` is left.
  { house: 'house.test', attacker: 'attacker.test', sameSite: false },
  { house: 'house.test', attacker: 'evil.house.test', sameSite: true }
] as const

const browser = await launchChromium(t)
const attackerPort = await openAttacker(t)

for (const { house: name, attacker, sameSite } of PLACES) {
  t.test(`a page of ${attacker} attacks ${name}${sameSite ? ', which is the same site' : ''}`, async (t) => {
    const house = await openHouse(t)
    const url = `http://${name}:${house.port}`
    const { context, page, id } = await moveIn(t, url, VICTIM)
    const ids = [id, (await moveIn(t, url, ATTACKER)).id]
    const before = await stateOf(house, ids)
    const cookies = await context.cookies()
    house.seen.length = 0

    const stranger = await context.newPage()
    await strike(t, stranger, `http://${attacker}:${attackerPort}`, url)

    const unsafe = house.seen.filter(({ method }) => !['GET', 'OPTIONS'].includes(method))
    const posts = ROUTES.filter(([method]) => method === 'POST')
    t.ok(unsafe.length >= 8 * posts.length, 'the attack arrived, for each route in eight ways')
    const arrivedWithCookies = unsafe.some(({ hasCookie }) => hasCookie)
    t.equal(arrivedWithCookies, sameSite, `${sameSite ? 'with' : 'without'} the cookies`)
    // Who is nobody may sign out: it ends nothing.
    const isHarmless = ({ url, hasCookie }: SeenRequest) => url === '/auth/logout' && !hasCookie
    const succeeded = unsafe.filter((request) => request.status < 400 && !isHarmless(request))
    t.same(succeeded, [])
    t.same(await stateOf(house, ids), before)
    t.same(await context.cookies(), cookies)
    t.equal(await knock(page), 200, 'the visitor is still signed in')
    t.same(await page.evaluate('ended'), [])

    const listen = "new Promise((resolve) => (new WebSocket('/socket').onmessage = resolve)).then(() => true)"
    t.equal(await page.evaluate(listen), true, 'whose page may listen')
    t.equal(await page.evaluate("fetch('/auth/logout', { method: 'POST' }).then(({ status }) => status)"), 204)
    t.equal(await knock(page), 401, 'from a page of the house it would have worked')
  })
}

/** Somebody with a browser of their own and an account. */
async function moveIn(t: Test, url: string, email: string): Promise<Visitor & { readonly id: string }> {
  const visitor = await visit(t, browser, url)
  await openClient(visitor.page, url)
  await signUp(visitor.page, email)
  return { ...visitor, id: await visitor.page.evaluate('auth.user.id') }
}

/** From within a page, and by leaving it for the house. */
async function strike(t: Test, page: Page, lair: string, house: string): Promise<void> {
  const body = { email: ATTACKER, password: PASSWORD, newPassword: 'of the attacker', remember: true }
  const call = (name: string, ...args: unknown[]) =>
    page.evaluate(`import('/attack.js').then((attack) => attack.${name}(...${JSON.stringify(args)}))`)

  await page.goto(lair)
  await call('attackFromWithin', house, ROUTES, body)
  t.equal(await call('canRead', `${house}/auth/me`), false, 'it cannot read')
  t.equal(await call('canListen', `${house}/socket`), false, 'nor listen')

  for (const [method, path] of ROUTES.filter(([method]) => method === 'GET' || method === 'POST')) {
    const left = page.waitForURL((url) => url.origin === house)
    await call('leave', method, house + path, body)
    await left
    await page.goto(lair)
  }
}

/** Everything that an attack could have changed. */
async function stateOf({ app }: House, ids: readonly string[]): Promise<object> {
  const users = await Promise.all(ids.map((id) => app.auth.users.get(id)))
  const sessions = await Promise.all(ids.map((id) => app.auth.sessions.list(id)))
  return { users, sessions }
}

async function openAttacker(t: Test): Promise<number> {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', async (_request, reply) => reply.type('text/html').send('<!doctype html><title>Kittens</title>'))
  app.get('/attack.js', async (_request, reply) =>
    reply.type('text/javascript').send(readFileSync(new URL('attack.js', import.meta.url)))
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  return Number(new URL(app.listeningOrigin).port)
}
