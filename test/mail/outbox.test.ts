/** How letters leave: each once, in spite of failures, of several processes, and of storage that forgets to write it down. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../../src/index.ts'
import { freshEmail, post, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'
import { postLetter } from '../support/post-letter.ts'
import { runSql } from '../support/rows.ts'
import { everyStatementOf, whileWatching } from '../support/statements.ts'

const RETRIES = [30, 60, 120, 300, 900, 1800, 3600]

/** An app with a clock that stands still, and a mailer that fails for the addresses of the set. */
async function startOutbox(t: Test, options: Partial<AuthOptions> = {}) {
  let now = Date.parse('2031-05-06T07:08:09Z')
  const failing = new Set<string>()
  const tries: string[] = []
  const app = await startApp(t, {
    storage: sqliteFile(t),
    password: CHEAP,
    clock: () => new Date(now),
    mailer: async ({ to: { address } }) => {
      tries.push(address)
      if (failing.has(address)) throw new Error('not now')
    },
    ...options
  })
  const canary = freshEmail()
  await signUp(app, { email: canary })
  await app.auth.mail.flush()
  return {
    app,
    failing,
    pass: (seconds: number) => {
      now += seconds * 1000
    },
    triesOf: (address: string) => tries.filter((each) => each === address).length,
    /** The outbox at work as it is by itself: a second letter is only looked for when what was due before it was tried. */
    async work() {
      for (let round = 0; round < 2; round += 1) {
        const sent = tries.filter((each) => each === canary).length
        await post(app, '/auth/forgot-password', { email: canary })
        while (tries.filter((each) => each === canary).length === sent) await sleep(2)
      }
    }
  }
}

t.test('a letter that fails is tried eight times in two hours, and then given up', async (t) => {
  const { app, failing, pass, triesOf, work } = await startOutbox(t)
  const abandoned: unknown[] = []
  app.auth.events.on('mail-abandoned', (event) => abandoned.push(event))
  const email = freshEmail()
  failing.add(email)
  const { user } = await signUp(app, { email })
  await work()
  t.equal(triesOf(email), 1, 'at once')
  for (const [place, seconds] of RETRIES.entries()) {
    pass(seconds - 1)
    await work()
    t.equal(triesOf(email), place + 1, `not before ${seconds} s`)
    pass(1)
    await work()
    t.equal(triesOf(email), place + 2, `after ${seconds} s`)
  }
  t.match(abandoned, [{ userId: user.id, sessionId: null, ip: null }])
  pass(24 * 3600)
  await work()
  await app.auth.mail.flush()
  t.equal(triesOf(email), 8)
  t.equal(abandoned.length, 1)
})

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  t.test(`flush tries every unsent letter once, whenever its turn is, and ends, on ${name}`, async (t) => {
    const { app, failing, pass, triesOf } = await startOutbox(t, { storage: await storage(t) })
    const emails = Array.from({ length: 25 }, freshEmail)
    for (const email of emails) failing.add(email)
    const [early, late] = [emails.slice(0, 5), emails.slice(5)]
    /** What a sign-up itself has set going is over after the first; then each is tried once more by each. */
    const flushed = async (which: readonly string[]) => {
      const before = which.map(triesOf)
      await app.auth.mail.flush()
      return which.map((email, place) => triesOf(email) - (before[place] ?? 0))
    }
    for (const email of early) await signUp(app, { email })
    await app.auth.mail.flush()
    for (let turn = 0; turn < 4; turn += 1) {
      pass(1)
      t.same(await flushed(early), Array(5).fill(1), 'though its next turn is later each time')
    }
    for (const email of late) await signUp(app, { email })
    await app.auth.mail.flush()
    t.same(await flushed(late), Array(20).fill(1), 'more than one claim can hold')
    failing.clear()
    const before = late.map(triesOf)
    await Promise.all([app.auth.mail.flush(), app.auth.mail.flush()])
    t.same(
      late.map(triesOf),
      before.map((tries) => tries + 1),
      'once, also when it is called twice'
    )
    t.same(await flushed(emails), Array(25).fill(0), 'what was sent is sent')
  })
}

t.test('one address that fails is in nobody\u2019s way', async (t) => {
  const { app, failing, triesOf } = await startOutbox(t)
  const emails = Array.from({ length: 30 }, freshEmail)
  for (const email of emails.slice(0, 15)) failing.add(email)
  await Promise.all(emails.map((email) => signUp(app, { email })))
  await app.auth.mail.flush()
  t.ok(emails.slice(15).every((email) => triesOf(email) === 1))
})

t.test('several processes share the work, and none sends what another one has', async (t) => {
  const storage = await postgresDatabase(t)
  const sent: string[] = []
  const apps: FastifyInstance[] = []
  for (const process of ['one', 'two', 'three']) {
    const mailer: AuthOptions['mailer'] = async ({ to: { address } }) => {
      await sleep(5)
      sent.push(`${address} by ${process}`)
    }
    apps.push(await startApp(t, { storage, password: CHEAP, mailer }))
  }
  const emails = Array.from({ length: 60 }, freshEmail)
  await Promise.all(emails.map((email, place) => signUp(apps[place % 3] as FastifyInstance, { email })))
  await Promise.all(apps.map((app) => app.auth.mail.flush()))
  t.same(sent.map((each) => each.split(' ')[0]).sort(), emails.toSorted())
  t.equal(new Set(sent.map((each) => each.split(' ').at(-1))).size, 3)
})

t.test('what was handed over is not sent again when storage fails to write it down', async (t) => {
  const { app, pass, triesOf, work } = await startOutbox(t, { storage: await postgresDatabase(t) })
  const email = freshEmail()
  let failures = 0
  const closing = {
    sending(sql: string) {
      if (triesOf(email) === 1 && failures === 0 && /^update "auth_outbox".*"outcome"/.test(sql)) {
        failures += 1
        throw new Error('the connection broke')
      }
    }
  }
  await whileWatching(closing, async () => {
    await signUp(app, { email })
    while (failures === 0) await sleep(5)
  })
  await app.auth.mail.flush()
  pass(61)
  await work()
  t.equal(triesOf(email), 1)
  const again = await everyStatementOf(() => app.auth.mail.flush())
  t.notOk(
    again.some((sql) => /^update "auth_outbox".*"(?:outcome|due_at)"/.test(sql)),
    'and then there is nothing left to do'
  )
})

t.test('nor by another process, when storage is back at once', async (t) => {
  const storage = await postgresDatabase(t)
  const processes = [await startOutbox(t, { storage }), await startOutbox(t, { storage })]
  const email = freshEmail()
  const tries = () => processes.reduce((sum, { triesOf }) => sum + triesOf(email), 0)
  let failures = 0
  const closing = {
    sending(sql: string) {
      if (tries() === 1 && failures === 0 && /^update "auth_outbox".*"outcome"/.test(sql)) {
        failures += 1
        throw new Error('the connection broke')
      }
    }
  }
  await whileWatching(closing, async () => {
    await signUp(processes[0]?.app as FastifyInstance, { email })
    while (failures === 0) await sleep(5)
  })
  const open = async () => (await runSql(storage, 'select id from auth_outbox where closed_at is null')).length
  while ((await open()) > 0) await sleep(5)
  for (const { app, pass } of processes) {
    pass(61)
    await app.auth.mail.flush()
  }
  t.equal(tries(), 1)
})

t.test('a process that closes takes nothing from the tries of a letter', async (t) => {
  const storage = sqliteFile(t)
  const { app, mail } = await startMailApp(t, { storage })
  await mail.behave('black-hole')
  const email = freshEmail()
  await signUp(app, { email })
  await sleep(200)
  await app.close()
  t.match(await runSql(storage, 'select attempts, leased_until from auth_outbox'), [
    { attempts: 0, leased_until: null }
  ])
})

t.test('storage that fails while a letter is prepared says nothing against the letter', async (t) => {
  const { app, triesOf } = await startOutbox(t, { storage: await postgresDatabase(t) })
  const abandoned: unknown[] = []
  app.auth.events.on('mail-abandoned', (event) => abandoned.push(event))
  const email = freshEmail()
  let failures = 0
  const preparing = {
    sending(sql: string) {
      if (!/^select "id" from "auth_outbox".*for update$/.test(sql)) return
      failures += 1
      throw new Error('the connection broke')
    }
  }
  await whileWatching(preparing, async () => {
    await signUp(app, { email })
    for (let turn = 0; turn <= RETRIES.length + 1; turn += 1) await app.auth.mail.flush()
  })
  t.ok(failures > RETRIES.length + 1)
  t.same([triesOf(email), abandoned], [0, []])
  await app.auth.mail.flush()
  t.equal(triesOf(email), 1)
})

t.test('a process with nothing to send asks for letters no more than every two seconds', async (t) => {
  const { app } = await startMailApp(t, { storage: await postgresDatabase(t) })
  await app.auth.mail.flush()
  const idle = await everyStatementOf(() => sleep(2600))
  const asked = idle.filter((sql) => sql.includes('auth_outbox'))
  t.ok(asked.length >= 1 && asked.length <= 2, `${asked.length} statements`)
})

t.test('a letter that another process posted, which has no mailer, is found', async (t) => {
  const storage = sqliteFile(t)
  const { app, mail } = await startMailApp(t, { storage })
  const email = freshEmail()
  await signUp(app, { email })
  await mail.next(email)
  await postLetter(storage, email)
  t.equal((await click(app, await mail.next(email), { newPassword: 'another good passphrase' })).status, 204)
})
