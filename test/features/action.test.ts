import { createHash } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { authPlugin } from '../../src/index.ts'
import { freshEmail, PASSWORD, post, SECRET, signUp, startApp } from '../support/app.ts'
import { sqliteFile } from '../support/databases.ts'
import { CHEAP, click, startMailApp } from '../support/mail-app.ts'
import { linkOf, mailServer, tokenOf } from '../support/mail-server.ts'

t.test('outside production a letter leads to a page of ours, on which one button is to be pressed', async (t) => {
  const { app, mail } = await startMailApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const email = freshEmail()
  await signUp(app, { email })
  const link = linkOf(await mail.next(email))
  t.equal(link.origin, app.listeningOrigin)
  t.equal(link.pathname, '/auth/action')
  t.equal(link.search, '', 'the token stands where no server and no log sees it')

  const page = await fetch(link)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.equal(page.headers.get('cache-control'), 'no-store')
  t.equal(page.headers.get('referrer-policy'), 'no-referrer')
  const html = await page.text()

  t.test('nothing on the page runs but what its policy knows', async (t) => {
    const policy = page.headers.get('content-security-policy') ?? ''
    t.match(policy, /^default-src 'none';/)
    t.match(policy, /frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe/)
    for (const [, tag, text = ''] of html.matchAll(/<(script|style)>([^<]*)<\/\1>/g)) {
      const source = `${tag}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`
      t.ok(policy.includes(source), source)
    }
    t.notMatch(html, /\son\w+=|\sstyle=|https?:/, 'and nothing comes from elsewhere')
  })
})

t.test('EM11 whoever fetches the link ahead of the reader consumes nothing', async (t) => {
  const { app, mail } = await startMailApp(t)
  const email = freshEmail()
  await signUp(app, { email })
  const letter = await mail.next(email)
  const token = tokenOf(letter)
  for (const method of ['GET', 'HEAD'] as const) {
    for (const url of ['/auth/action', `/auth/action?token=${token}`, linkOf(letter).pathname])
      t.equal((await app.inject({ method, url })).statusCode, 200, `${method} ${url.slice(0, 20)}`)
    for (const path of ['verify-email', 'reset-password', 'confirm-email-change'])
      t.equal((await app.inject({ method, url: `/auth/${path}?token=${token}` })).statusCode, 404)
  }
  t.equal((await click(app, letter)).status, 200)
})

t.test('the page and its buttons follow where the routes were moved', async (t) => {
  const mail = await mailServer(t)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(
    async (scope) => {
      await scope.register(authPlugin, {
        secret: SECRET,
        storage: 'sqlite::memory:',
        mailer: mail.url,
        password: CHEAP,
        prefix: '/accounts',
        routes: {
          action: ['/go', '/also'],
          verifyEmail: '/proof',
          resetPassword: ['/new-password', '/reset'],
          confirmEmailChange: '/moved'
        }
      })
    },
    { prefix: '/v1' }
  )
  await app.ready()
  const email = freshEmail()
  await post(app, '/v1/accounts/signup', { email, password: PASSWORD })
  const letter = await mail.next(email)
  t.equal(linkOf(letter).pathname, '/v1/accounts/go')
  t.equal((await click(app, letter)).status, 200)
  await post(app, '/v1/accounts/forgot-password', { email })
  t.equal((await click(app, await mail.next(email), { newPassword: 'another good passphrase' })).status, 204)
})

t.test('a host has pages of its own by `email.links`', async (t) => {
  const links = {
    verify: 'https://app.example/verify?token={token}',
    reset: 'https://app.example/{token}/reset?again={token}',
    change: 'https://app.example/change#token={token}'
  }
  const { app, mail } = await startMailApp(t, { email: { links } })
  const email = freshEmail()
  const { accessToken } = await signUp(app, { email })
  const verify = await mail.next(email)
  t.equal(linkOf(verify).href, links.verify.replaceAll('{token}', tokenOf(verify)))
  await post(app, '/auth/forgot-password', { email })
  const [, path, again] =
    /^https:\/\/app\.example\/([^/]+)\/reset\?again=(.+)$/.exec(linkOf(await mail.next(email)).href) ?? []
  t.ok(path)
  t.equal(path, again, 'every place for the token is filled')
  const newEmail = freshEmail()
  const headers = { authorization: `Bearer ${accessToken}` }
  await post(app, '/auth/change-email', { newEmail, password: PASSWORD }, headers)
  const change = await mail.next(newEmail)
  t.equal(linkOf(change).href, links.change.replace('{token}', tokenOf(change)))
})

t.test('in production there is no such page; the host\u2019s own links are used', async (t) => {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  const page = 'https://app.example/?token={token}'
  const production = { storage: sqliteFile(t), migrate: true, password: { hashing: CHEAP.hashing } }
  const { app, mail } = await startMailApp(t, {
    ...production,
    email: { from: 'Example <no-reply@app.example>', links: { verify: page, reset: page, change: page } }
  })
  const email = freshEmail()
  await signUp(app, { email })
  const letter = await mail.next(email)
  t.equal(linkOf(letter).origin, 'https://app.example')
  t.equal(letter.headers.from, 'Example <no-reply@app.example>')
  t.equal((await app.inject('/auth/action')).statusCode, 404)
  t.equal((await post(app, '/auth/verify-email', { token: tokenOf(letter) })).status, 200)

  t.test('and without a mailer, none of the routes that send letters', async (t) => {
    const silent = await startApp(t, { ...production, storage: sqliteFile(t) })
    const paths = ['verify-email', 'resend-verification', 'forgot-password', 'request-password-reset']
    for (const path of [...paths, 'reset-password', 'change-email', 'confirm-email-change'])
      t.equal((await post(silent, `/auth/${path}`, {})).status, 404, path)
    t.equal((await silent.inject('/auth/action')).statusCode, 404)
    await signUp(silent)
  })
})
