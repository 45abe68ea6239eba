/** EM5, row 30: where a letter leads is for the options to say, or for the server itself; never for a request. */
import { request } from 'node:http'
import t from 'tap'
import { freshEmail, PASSWORD, signUp } from '../support/app.ts'
import { startMailApp } from '../support/mail-app.ts'
import { type ReceivedLetter, tokenOf } from '../support/mail-server.ts'

const EVIL = 'evil.example'

const FORGED: readonly Readonly<Record<string, string>>[] = [
  { host: EVIL },
  { host: `${EVIL}:443` },
  { host: `localhost@${EVIL}` },
  { 'x-forwarded-host': EVIL },
  { 'x-forwarded-host': `${EVIL}, localhost`, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
  { forwarded: `for=1.2.3.4;host=${EVIL};proto=https` },
  { 'x-host': EVIL, 'x-forwarded-server': EVIL, 'x-http-host-override': EVIL },
  { 'x-original-url': `https://${EVIL}/`, 'x-rewrite-url': `https://${EVIL}/`, 'x-forwarded-prefix': `//${EVIL}` },
  { origin: `https://${EVIL}`, referer: `https://${EVIL}/auth` }
]

/** As it is on the wire: `fetch` would not send a forged Host, nor another target than the path. */
function send(port: number, path: string, payload: object, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<number>((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', method: 'POST', path, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      }
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(payload))
  })
}

for (const [place, email] of [
  ['our own page', {}],
  [
    'the pages of the options',
    { links: { verify: 'https://app.example/?t=1&token={token}', reset: 'https://app.example/#token={token}' } }
  ]
] as const) {
  t.test(`letters that lead to ${place} lead there whatever a request says`, async (t) => {
    const { app, mail } = await startMailApp(t, { email }, { trustProxy: true })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = new URL(app.listeningOrigin)
    const user = freshEmail()
    await signUp(app, { email: user })
    const shape = (letter: ReceivedLetter) => {
      const pages = [letter.text, letter.html].map((part) => part.replaceAll(tokenOf(letter), 'TOKEN'))
      return { pages, headers: JSON.stringify(letter.headers).includes(EVIL) }
    }
    const verify = shape(await mail.next(user))
    t.equal(await send(Number(port), '/auth/forgot-password', { email: user }), 202)
    const reset = shape(await mail.next(user))
    t.match(reset.pages[0], place === 'our own page' ? `${app.listeningOrigin}/auth/action#` : 'https://app.example/#')

    for (const headers of FORGED) {
      t.equal(await send(Number(port), '/auth/forgot-password', { email: user }, headers), 202)
      t.same(shape(await mail.next(user)), reset, JSON.stringify(headers))
      const other = freshEmail()
      t.equal(await send(Number(port), '/auth/signup', { email: other, password: PASSWORD }, headers), 201)
      t.same(shape(await mail.next(other)), verify, JSON.stringify(headers))
    }
    t.equal(await send(Number(port), `http://${EVIL}/auth/forgot-password`, { email: user }), 202, 'an absolute target')
    t.same(shape(await mail.next(user)), reset)
  })
}
