/**
 * EM12, rows 41 and 42: what is no token of ours is refused, whatever it is, before storage is asked for anything.
 * EM1: and no token is at rest: nothing that stands in a table or in a log opens anything.
 */
import t from 'tap'
import { deriveKeyring } from '../../src/crypto/keyring.ts'
import { createOneTimeTokens } from '../../src/token/one-time-token.ts'
import { bearer, freshEmail, PASSWORD, post, SECRET, signUp, startApp } from '../support/app.ts'
import { postgresDatabase, sqliteFile } from '../support/databases.ts'
import { CHEAP, click, ownStatementsOf, startMailApp } from '../support/mail-app.ts'
import { tokenOf } from '../support/mail-server.ts'
import { everything } from '../support/tables.ts'

const ROUTES = [
  ['/auth/verify-email', {}],
  ['/auth/reset-password', { newPassword: 'another good passphrase' }],
  ['/auth/confirm-email-change', {}]
] as const

const forger = (secret: string, key: string) => createOneTimeTokens(deriveKeyring([secret], key))

t.test('EM12 whatever is no token of ours costs no statement', async (t) => {
  const { app, mail } = await startMailApp(t, { storage: await postgresDatabase(t) })
  const [email, newEmail] = [freshEmail(), freshEmail()]
  const { user } = await signUp(app, { email })
  const verification = tokenOf(await mail.next(email))
  await post(app, '/auth/forgot-password', { email })
  const token = tokenOf(await mail.next(email))
  await app.auth.changeEmail(user.id, { newEmail, password: PASSWORD })
  const change = tokenOf(await mail.next(newEmail))
  // What is left to do of these letters is not to be counted below.
  await app.auth.mail.flush()
  /** The right one for each route, in the order of the routes. */
  const tokens = [verification, token, change]

  const id = Buffer.from(token, 'base64url').subarray(2, 18)
  const uuid = id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const forgers = [forger('another secret of the same length...', 'one-time-token'), forger(SECRET, 'refresh-token')]
  const flipped = Array.from(Buffer.from(token, 'base64url'), (_, place) => {
    const bytes = Buffer.from(token, 'base64url')
    bytes[place] = (bytes[place] ?? 0) ^ 1
    return bytes.toString('base64url')
  })
  const texts = [
    ...['', ' ', '0', 'null', 'undefined', '[object Object]', '*', '%', "' OR '1'='1", '\u{1f600}', 'A'.repeat(67)],
    ...[`${token}=`, `${token} `, ` ${token}`, `${token}\n`, token.slice(1), token.slice(0, -1), `${token}A`],
    ...[token.toUpperCase(), [...token].reverse().join(''), encodeURIComponent(`${token}=`), `Bearer ${token}`],
    ...[uuid, id.toString('base64url'), id.toString('hex'), Buffer.from(token, 'base64url').toString('hex')],
    ...forgers.flatMap(({ mint }) => [
      mint('email-verification', uuid),
      mint('password-reset', uuid),
      mint('email-change', uuid)
    ]),
    ...flipped
  ]
  const others: unknown[] = [null, [], [token], {}, { token }, { toString: token }, 0, 1, -1, 1e300, true, false]

  for (const [place, [url, rest]] of ROUTES.entries()) {
    t.test(url, async (t) => {
      const statements = await ownStatementsOf(async () => {
        for (const text of [...texts, ...tokens.toSpliced(place, 1)]) {
          const { status, body } = await post(app, url, { token: text, ...rest })
          t.match([status, body.code], [400, 'AUTH_ONE_TIME_TOKEN_INVALID'], text.slice(0, 20))
        }
        for (const other of [...others, 'A'.repeat(513), `${token}\0`, '\ud800']) {
          const { status, body } = await post(app, url, { token: other, ...rest })
          t.match([status, body.code], [400, 'FST_ERR_VALIDATION'], JSON.stringify(other).slice(0, 20))
        }
        t.equal((await post(app, url, rest)).status, 400, 'nothing at all')
        t.equal((await post(app, `${url}?token=${token}`, rest)).status, 400, 'in the URL')
      })
      t.same(statements, [])
    })
  }
  t.test('the control: the token itself costs some, and works', async (t) => {
    const statements = await ownStatementsOf(async () => {
      t.equal((await post(app, '/auth/reset-password', { token, newPassword: PASSWORD })).status, 204)
    })
    t.ok(statements.length > 0)
  })
})

for (const [name, storage] of [
  ['PostgreSQL', postgresDatabase],
  ['SQLite', sqliteFile]
] as const) {
  for (const verification of ['optional', 'required'] as const) {
    t.test(`EM1 nothing that stands in a table or a log opens anything, on ${name} with ${verification}`, async (t) => {
      const url = await storage(t)
      const lines: string[] = []
      const server = { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } }
      const { app, mail } = await startMailApp(t, { storage: url, email: { verification } }, server)
      const tried = new Set<string>()
      const tokens: string[] = []

      /** Every text of every table, and every text within it, as a token at every route. */
      async function raid(when: string): Promise<void> {
        const stolen = (await everything(url)).flatMap(({ value }) => [
          value,
          ...value.split(/[^\w-]+/),
          ...spellings(value)
        ])
        for (const token of tokens) {
          t.notOk(stolen.includes(token), `${when}: no token is at rest`)
          t.notOk(
            lines.some((line) => line.includes(token) || line.includes(token.slice(-32))),
            'nor in a log'
          )
        }
        for (const text of new Set(stolen)) {
          if (tried.has(text) || text.length < 8 || text.length > 512) continue
          tried.add(text)
          for (const [route, rest] of ROUTES)
            if ((await post(app, route, { token: text, ...rest })).status !== 400)
              t.fail(`${when}: ${text} opens ${route}`)
        }
      }

      const email = freshEmail()
      await post(app, '/auth/signup', { email, password: PASSWORD })
      const proof = await mail.next(email)
      tokens.push(tokenOf(proof))
      await raid('after sign-up')
      t.equal((await click(app, proof)).status, 200)

      await post(app, '/auth/forgot-password', { email })
      const reset = await mail.next(email)
      tokens.push(tokenOf(reset))
      await raid('after asking for a new password')
      const { user, accessToken } = await app.auth.login({ email, password: PASSWORD })
      const newEmail = freshEmail()
      await post(app, '/auth/change-email', { newEmail, password: PASSWORD }, bearer(accessToken))
      const change = await mail.next(newEmail)
      tokens.push(tokenOf(change))
      await raid('after asking for another address')
      t.equal((await click(app, change)).status, 200)
      await raid('after it was confirmed')
      await app.auth.deleteMe(user.id, { password: PASSWORD })
      await raid('after deletion')
      t.ok(tried.size > 30, `${tried.size} texts were tried`)
    })
  }
}

/** Of an identifier, all that a careless format could make a token of. */
function spellings(value: string): string[] {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) return []
  const bytes = Buffer.from(value.replaceAll('-', ''), 'hex')
  return [bytes.toString('hex'), bytes.toString('base64url'), bytes.toString('base64')]
}

t.test('the measure works: a token that is kept would be found', async (t) => {
  const storage = sqliteFile(t)
  const app = await startApp(t, {
    storage,
    password: CHEAP,
    user: { fields: { type: 'object', properties: { kept: { type: 'string' } } } }
  })
  await signUp(app, { kept: 'a token would stand here' })
  t.ok((await everything(storage)).some(({ value }) => value.includes('a token would stand here')))
})
