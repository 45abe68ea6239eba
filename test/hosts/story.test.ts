/** The story that other hosts are measured by is itself the contract's. */
import t from 'tap'
import { storyAlone } from './host.ts'

const INVALID = 'AUTH_ACCESS_TOKEN_INVALID'
const MISSING = 'AUTH_ACCESS_TOKEN_MISSING'

t.test('alone, every request is answered as the contract says', async (t) => {
  const story = await storyAlone(t)
  t.same(
    story.map(({ request, status, body }) => [request, status, (body as { code?: string } | null)?.code]),
    [
      ['POST /signup, a new account', 201, undefined],
      ['POST /signup, a taken address', 409, 'AUTH_EMAIL_TAKEN'],
      ['POST /signup, a weak password', 422, 'AUTH_PASSWORD_REJECTED'],
      ['POST /signup, an unknown key', 400, 'FST_ERR_VALIDATION'],
      ['POST /signup, a number for a string', 400, 'FST_ERR_VALIDATION'],
      ['POST /signup, a list for a string', 400, 'FST_ERR_VALIDATION'],
      ['POST /signup, no body', 400, 'FST_ERR_VALIDATION'],
      ['POST /login, null', 400, 'FST_ERR_VALIDATION'],
      ['POST /login, broken JSON', 400, 'FST_ERR_CTP_INVALID_JSON_BODY'],
      ['POST /login, a key named __proto__', 400, 'FST_ERR_CTP_INVALID_JSON_BODY'],
      ['POST /login, text', 415, 'FST_ERR_CTP_INVALID_MEDIA_TYPE'],
      ['POST /login, a body beyond the limit', 413, 'FST_ERR_CTP_BODY_TOO_LARGE'],
      ['POST /login, a wrong password', 401, 'AUTH_CREDENTIALS_INVALID'],
      ['POST /login, a right password', 200, undefined],
      ...['/protected', '/me', '/verify'].flatMap((path) => [
        [`GET ${path}, a good token`, 200, undefined],
        [`GET ${path}, no token`, 401, MISSING],
        [`GET ${path}, a forged token`, 401, INVALID]
      ]),
      ['GET /open, no token', 200, undefined],
      ['GET /open, a good token, which nobody asked for', 200, undefined],
      ['PATCH /me, nothing to change', 200, undefined],
      ['POST /refresh, a good token', 200, undefined],
      ['POST /refresh, the same again, within the grace', 200, undefined],
      ['POST /refresh, in the header', 200, undefined],
      ['POST /refresh, an empty body', 401, 'AUTH_REFRESH_TOKEN_INVALID'],
      ['POST /refresh, a forged token', 401, 'AUTH_REFRESH_TOKEN_INVALID'],
      ['POST /refresh, two tokens', 400, 'AUTH_TOKENS_CONFLICT'],
      ['POST /logout, a good token', 204, undefined],
      ['POST /logout, the same again', 204, undefined],
      ['POST /refresh, after logout', 401, 'AUTH_SESSION_ENDED'],
      ['GET /protected, after logout', 401, 'AUTH_SESSION_ENDED'],
      ['GET /me, after logout', 401, 'AUTH_SESSION_ENDED'],
      ['POST /login, again', 200, undefined],
      ['POST /logout-all, an access token', 204, undefined],
      ['POST /logout-all, no token', 401, MISSING]
    ]
  )
})

t.test('errors have Fastify\u2019s own shape, and a refused token its challenge', async (t) => {
  const story = await storyAlone(t)
  const failures = story.filter(({ status }) => status >= 400)
  for (const { request, status, headers, body } of failures) {
    t.match(body, { statusCode: status, code: String, error: String, message: String }, request)
    const challenged =
      /^AUTH_(ACCESS_TOKEN|SESSION_ENDED)/.test((body as { code: string }).code) && /GET|all/.test(request)
    t.equal('www-authenticate' in headers, challenged, request)
  }
})
