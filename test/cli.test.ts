/** The command, as npm would install it. */
import { join } from 'node:path'
import t from 'tap'
import { PASSWORD, startApp } from './support/app.ts'
import { eachDatabase, sqliteFile } from './support/databases.ts'
import { CHEAP } from './support/mail-app.ts'
import { repository, requireFreshBuild, run } from './support/run.ts'

requireFreshBuild()
const command = (...args: string[]) => run(process.execPath, [join(repository, 'dist/cli/main.js'), ...args])

t.test('secret: another one each time, good for the option', async (t) => {
  const secrets = [await command('secret'), await command('secret')].map((line) => line.trim())
  t.not(secrets[0], secrets[1])
  for (const secret of secrets) {
    t.match(secret, /^[\w-]{64}$/)
    await startApp(t, { secret })
  }
})

for (const { name, storage } of eachDatabase) {
  t.test(`migrate and cleanup on ${name}`, async (t) => {
    const url = await storage(t)
    await t.rejects(command('cleanup', '--database', url), { message: /run `npx fastify-gatehouse migrate/ })
    for (const _ of ['once', 'again']) {
      t.equal(await command('migrate', '--database', url), 'The tables are up to date.\n')
    }
    const past = new Date('2001-01-01')
    const app = await startApp(t, { storage: url, migrate: false, password: CHEAP, clock: () => past })
    await app.auth.signup({ email: 'ada@example.com', password: PASSWORD })
    await app.close()
    const sentence = (sessions: number, events: number) =>
      `Removed: ${sessions} sessions, 0 one-time tokens, ${events} events.\n`
    t.equal(await command('cleanup', '--database', url), sentence(1, 1))
    t.equal(await command('cleanup', '--database', url), sentence(0, 0))
  })
}

t.test('tables under another prefix', async (t) => {
  const url = sqliteFile(t)
  await command('migrate', '--database', url, '--table-prefix', 'staff_')
  await startApp(t, { storage: url, migrate: false, tablePrefix: 'staff_' })
  await t.resolves(command('cleanup', '--database', url, '--table-prefix', 'staff_'))
  await t.rejects(command('cleanup', '--database', url))
})

t.test('what it cannot do it says, and fails', async (t) => {
  t.match(await command('--help'), /^Usage:\n/)
  for (const args of [[], ['constructor'], ['dance']]) {
    await t.rejects(command(...args), { message: /Usage:\n {2}fastify-gatehouse secret/ }, args.join())
  }
  for (const name of ['migrate', 'cleanup']) {
    await t.rejects(command(name), { message: /`--database URL` says which database it is/ }, name)
    await t.rejects(command(name, '--databse', 'x'), { message: /Unknown option '--databse'/ }, name)
    await t.rejects(
      command(name, '--database', 'postgres://127.0.0.1:1/x'),
      { message: /answer: .*ECONNREFUSED/ },
      name
    )
    await t.rejects(command(name, '--database', 'postgres://localhost:1/x'), { message: /answer: .*ECONNREFUSED/ })
  }
})
