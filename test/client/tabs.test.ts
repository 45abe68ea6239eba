/** Several tabs of one browser: each a thread, with the Web Locks and the BroadcastChannel that Node has. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { freshEmail, PASSWORD, signUp } from '../support/app.ts'
import { MINUTES, openTab, refreshesAt, sharedStore, signUpIn, startHouse, until } from './house.ts'
import type { Look, Order, TabData } from './tab-thread.ts'

t.test('tabs of one store', async (t) => {
  const house = await startHouse(t)
  const { url } = house
  const account = { email: freshEmail(), password: PASSWORD }
  await signUp(house.app, account)
  const keep = { file: emptyFile(t) }
  const tabs = await Promise.all([1, 2, 3].map(() => startTab(t, { url, keep })))
  const [first, second, third] = tabs as [Tab, Tab, Tab]
  const looks = () => Promise.all(tabs.map((tab) => tab.look()))

  t.test('are signed in by one of them', async (t) => {
    await first.signIn(account)
    for (const { email } of await looks()) t.equal(email, account.email)
  })

  t.test('refresh once for all of them', async (t) => {
    for (let expiry = 0; expiry < 10; expiry++) {
      house.pass(11 * MINUTES)
      house.requests.length = 0
      t.same(await Promise.all(tabs.map((tab) => tab.status(`${url}/me`))), [200, 200, 200])
      t.equal(refreshesAt(house), 1)
    }
  })

  t.test('are signed out by one of them, and each is told', async (t) => {
    await second.signOut()
    for (const tab of [first, third]) await tab.until(({ reasons }) => reasons.length > 0)
    for (const { email, reasons } of await looks()) t.same([email, reasons], [null, ['logout']])
  })
})

t.test('a duplicated tab, whose sessionStorage began as a copy', async (t) => {
  const house = await startHouse(t)
  const { url } = house
  const account = { email: freshEmail(), password: PASSWORD }
  await signUp(house.app, account)
  const first = await startTab(t, { url, keep: 'sessionStorage' })
  await first.signIn(account)
  const { sessionStorage } = await first.look()
  const second = await startTab(t, { url, keep: 'sessionStorage', sessionStorage })

  t.test('goes by the tokens that the other one refreshed', async (t) => {
    house.pass(11 * MINUTES)
    t.equal(await first.status(`${url}/me`), 200)
    house.pass(11 * MINUTES)
    t.equal(await second.status(`${url}/me`), 200)
    t.equal(await first.status(`${url}/me`), 200)
  })

  t.test('asks for them where it slept through the news', async (t) => {
    house.pass(11 * MINUTES)
    const late = await startTab(t, { url, keep: 'sessionStorage', sessionStorage })
    t.equal(await late.status(`${url}/me`), 200)
    for (const tab of [first, second, late]) t.same((await tab.look()).reasons, [])
  })

  t.test('is signed out with it, and other sessions are not', async (t) => {
    const stranger = await startTab(t, { url, keep: 'sessionStorage' })
    await stranger.signIn(account)
    await first.signOut()
    await second.until(({ email }) => email === null)
    t.equal((await stranger.look()).email, account.email)
  })
})

t.test('tabs without locks, as in an insecure context', async (t) => {
  const house = await startHouse(t)
  const keep = sharedStore()
  const tabs = [1, 2, 3].map(() => openTab(t, house, { keep }))
  await signUpIn(tabs[0] as (typeof tabs)[0])
  define(t, navigator, 'locks', undefined)
  const expire = async () => {
    house.pass(11 * MINUTES)
    house.requests.length = 0
    const answers = await Promise.all(tabs.map((auth) => auth.fetch(`${house.url}/me`)))
    t.same(
      answers.map(({ status }) => status),
      [200, 200, 200]
    )
  }

  t.test('take turns by a note in the storage', async (t) => {
    const storage: Record<string, unknown> = {}
    const removeItem = (name: string) => delete storage[name]
    define(t, globalThis, 'localStorage', Object.defineProperty(storage, 'removeItem', { value: removeItem }))
    for (let expiry = 0; expiry < 5; expiry++) {
      await expire()
      t.equal(refreshesAt(house), 1)
      t.same(Object.keys(storage), [], 'no note is left')
    }
  })

  t.test('wait for no note that a closed tab left behind, nor for one from the future', async (t) => {
    const storage: Record<string, unknown> = {}
    const looks: string[] = []
    const watched = new Proxy(storage, {
      get(target, name) {
        if (name === 'removeItem') return (key: string) => delete target[key]
        looks.push(String(name))
        return target[String(name)]
      }
    })
    define(t, globalThis, 'localStorage', watched)
    await expire()
    const name = String(looks[0])
    for (const hours of [-1, 1]) {
      storage[name] = Date.now() + hours * 3_600_000
      looks.length = 0
      await expire()
      t.ok(looks.length < 30, `${looks.length} looks`)
    }
  })

  t.test('refresh all the same where there is no storage', async (t) => {
    define(t, globalThis, 'localStorage', undefined)
    await expire()
    t.ok(refreshesAt(house) > 0)
  })
})

t.test('clients that keep their session in memory share nothing', async (t) => {
  const house = await startHouse(t)
  const one = openTab(t, house)
  const other = openTab(t, house)
  await signUpIn(one)
  t.equal(other.user, null)
  await signUpIn(other)
  await one.signOut()
  t.ok(other.user)
})

t.test('a browser that forbids its storage, or has no room in it, loses nobody', async (t) => {
  const house = await startHouse(t)
  const refuse = () => {
    throw new DOMException('The quota has been exceeded', 'QuotaExceededError')
  }
  for (const storage of [undefined, { getItem: () => null, setItem: refuse, removeItem: refuse }]) {
    Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true, writable: true })
    const auth = openTab(t, house, { keep: 'localStorage' })
    await signUpIn(auth)
    for (let expiry = 0; expiry < 3; expiry++) {
      house.pass(11 * MINUTES)
      t.equal((await auth.fetch(`${house.url}/me`)).status, 200)
    }
    await auth.signOut()
    t.equal(auth.user, null)
  }
})

t.test('a tab that was away when another signed out notices at its next look', async (t) => {
  const house = await startHouse(t)
  const keep = sharedStore()
  const auth = openTab(t, house, { keep })
  await signUpIn(auth)
  keep.write(null)
  t.equal(auth.user, null)
  await until(() => auth.reasons.length > 0)
  t.same(auth.reasons, ['logout'])
})

t.test('a client keeps no process alive', async (t) => {
  const house = await startHouse(t)
  const account = { email: freshEmail(), password: PASSWORD }
  await signUp(house.app, account)
  const tab = await startTab(t, { url: house.url, keep: { file: emptyFile(t) } })
  await tab.signIn(account)
  const exit = once(tab.worker, 'exit')
  tab.close()
  t.same(await exit, [0])
})

interface Tab {
  readonly worker: Worker
  signIn(input: { readonly email: string; readonly password: string }): Promise<unknown>
  status(url: string): Promise<unknown>
  signOut(): Promise<unknown>
  look(): Promise<Look>
  /** Closes the thread's way to here, and nothing of the client. */
  close(): void
  until(isSo: (look: Look) => boolean): Promise<void>
}

async function startTab(t: Test, data: TabData): Promise<Tab> {
  const worker = new Worker(new URL('./tab-thread.ts', import.meta.url), { workerData: data })
  t.teardown(() => worker.terminate())
  const give = async (order: Order): Promise<unknown> => {
    worker.postMessage(order)
    const [answer] = await once(worker, 'message')
    return answer
  }
  const look = () => give({ verb: 'look' }) as Promise<Look>
  await give({ verb: 'ready' })
  return {
    worker,
    look,
    signIn: (input) => give({ verb: 'signIn', input }),
    status: (input) => give({ verb: 'status', input }),
    signOut: () => give({ verb: 'signOut' }),
    close: () => worker.postMessage({ verb: 'close' } satisfies Order),
    async until(isSo) {
      while (!isSo(await look()));
    }
  }
}

function emptyFile(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tabs-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'store'), '')
  return join(folder, 'store')
}

/** In place of what stands there, until the test ends. */
function define(t: Test, object: object, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { value, configurable: true, writable: true })
  t.teardown(() => {
    Reflect.deleteProperty(object, name)
    if (before) Object.defineProperty(object, name, before)
  })
}
