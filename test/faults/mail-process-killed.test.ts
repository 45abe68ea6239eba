/** F11, F14: a process dies with letters in its hands. Another one sends them when its claim is over, each at most twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { freshEmail, PASSWORD, post, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, click } from '../support/mail-app.ts'
import { type MailServer, mailServer } from '../support/mail-server.ts'

const file = fileURLToPath(new URL('./mail-process.ts', import.meta.url))
const LEASE_SECONDS = 60

/** Killed while its mail server has the letter and has not answered yet. */
async function killedWithLetter(storage: string, mail: MailServer, email: string, dies: () => boolean): Promise<void> {
  const child = spawn(process.execPath, [file, storage, mail.url, email], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [status] = await once(child.stdout, 'data')
  if (String(status).trim() !== '202') throw new Error(`it was answered ${status}`)
  while (!dies()) await sleep(5)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Of an app that is closed: nobody but the process that will die may look for letters. */
async function somebody(t: Test, storage: string) {
  const mail = await mailServer(t)
  let ahead = 0
  const clock = () => new Date(Date.now() + ahead * 1000)
  const restart = () => startApp(t, { storage, password: CHEAP, mailer: mail.url, clock })
  const app = await restart()
  const email = freshEmail()
  await post(app, '/auth/signup', { email, password: PASSWORD })
  await mail.next(email)
  await app.auth.mail.flush()
  await app.close()
  const pass = (seconds: number) => {
    ahead += seconds
  }
  return { restart, mail, email, pass }
}

for (const [name, database] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  t.test(`a process that is killed between claim and delivery, on ${name}`, async (t) => {
    const storage = await database(t)
    const { restart, mail, email, pass } = await somebody(t, storage)
    const elsewhere = await mailServer(t)
    await elsewhere.behave('black-hole')
    await killedWithLetter(storage, elsewhere, email, () => elsewhere.connections > 0)

    const app = await restart()
    await app.auth.mail.flush()
    t.equal(mail.letters.length, 1, 'its claim holds for a while')
    pass(LEASE_SECONDS + 1)
    await app.auth.mail.flush()
    t.equal((await click(app, await mail.next(email), { newPassword: 'another good passphrase' })).status, 204)
  })

  t.test(`a process that is killed between delivery and writing it down, on ${name}`, async (t) => {
    const storage = await database(t)
    const { restart, mail, email, pass } = await somebody(t, storage)
    const elsewhere = await mailServer(t)
    // The letter arrives; the answer that it did takes longer than the process lives.
    await elsewhere.behave('mute')
    await killedWithLetter(storage, elsewhere, email, () => elsewhere.letters.length === 1)
    const first = await elsewhere.next(email)

    const app = await restart()
    pass(LEASE_SECONDS + 1)
    await app.auth.mail.flush()
    const second = await mail.next(email)
    pass(2 * LEASE_SECONDS)
    await app.auth.mail.flush()
    t.equal(mail.letters.length + elsewhere.letters.length, 3, 'one duplicate, and no more')
    t.equal(second.text, first.text, 'of the same letter')
    t.equal((await click(app, first, { newPassword: 'another good passphrase' })).status, 204)
    t.equal((await click(app, second, { newPassword: 'another good passphrase' })).status, 400)
  })
}
