/** Another process on the database of its first argument, whose mail server is the second; it posts a letter to the third. */
import { post, startApp } from '../support/app.ts'

const [storage = '', mailer = '', email = ''] = process.argv.slice(2)
const test = { teardown: () => {} } as unknown as Parameters<typeof startApp>[0]
const app = await startApp(test, { storage, mailer })
const { status } = await post(app, '/auth/forgot-password', { email })
process.stdout.write(`${status}\n`)
