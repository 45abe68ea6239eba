/** A browser, as far as this library can tell: it keeps cookies, sends them along, and says where a request comes from. */
import type { FastifyInstance, InjectOptions } from 'fastify'
import { type Answer, call, freshEmail, PASSWORD } from './app.ts'

/** What browsers say of a request that a page makes to its own server. */
export const OWN_PAGE = { 'sec-fetch-site': 'same-origin' } as const

export interface SetCookie {
  readonly name: string
  readonly value: string
  /** As they stand, in their order. */
  readonly attributes: readonly string[]
}

export function setCookies({ headers }: Pick<Answer, 'headers'>): SetCookie[] {
  return [headers['set-cookie'] ?? []].flat().map((line) => {
    const [pair = '', ...attributes] = String(line).split('; ')
    const [name = '', ...value] = pair.split('=')
    return { name, value: value.join('='), attributes }
  })
}

export const cookieNames = (answer: Pick<Answer, 'headers'>): string[] => setCookies(answer).map(({ name }) => name)

/** One cookie's value, as an answer sets it; empty when it does not. */
export function cookieValue(answer: Pick<Answer, 'headers'>, name: string): string {
  return setCookies(answer).find((cookie) => cookie.name === name)?.value ?? ''
}

export interface Browser {
  readonly cookies: Map<string, string>
  /** From a page of its own server, unless the headers say otherwise. */
  send(request: InjectOptions): Promise<Answer>
  post(url: string, payload?: object, headers?: Record<string, string>): Promise<Answer>
  get(url: string): Promise<Answer>
}

export function openBrowser(app: FastifyInstance): Browser {
  const cookies = new Map<string, string>()

  async function send({ headers = OWN_PAGE, ...request }: InjectOptions): Promise<Answer> {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await call(app, { ...request, headers: { ...(cookie && { cookie }), ...headers } })
    for (const { name, value, attributes } of setCookies(answer)) {
      if (attributes.includes('Max-Age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }

  return {
    cookies,
    send,
    post: (url, payload = {}, headers = {}) =>
      send({ method: 'POST', url, payload, headers: { ...OWN_PAGE, ...headers } }),
    get: (url) => send({ method: 'GET', url })
  }
}

export interface Member {
  readonly browser: Browser
  readonly email: string
  readonly answer: Answer
}

/** A new user, signed in by a browser. */
export async function signUpInBrowser(app: FastifyInstance, headers: Record<string, string> = {}): Promise<Member> {
  const browser = openBrowser(app)
  const email = freshEmail()
  const answer = await browser.post('/auth/signup', { email, password: PASSWORD }, headers)
  if (answer.status !== 201) throw new Error(`sign-up was answered ${answer.status}: ${answer.text}`)
  return { browser, email, answer }
}
