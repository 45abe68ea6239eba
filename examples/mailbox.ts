/** Letters of this app, kept in memory for whoever wants to read them; SMTP_URL sends them to people instead. */
import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

const Letter = Type.Object({
  id: Type.String({ format: 'uuid' }),
  to: Type.String(),
  subject: Type.String(),
  text: Type.String({ description: 'Plain text; a link stands alone on its line' }),
  sentAt: Type.String({ format: 'date-time' })
})
type Letter = Static<typeof Letter>

export interface Mailbox {
  /** The newest first. */
  readonly letters: readonly Letter[]
  /** What fastify-gatehouse takes for a mailer. */
  readonly receive: (message: Message) => Promise<void>
}

/** What is kept of the message that a mailer gets. */
interface Message {
  readonly to: { readonly address: string }
  readonly subject: string
  readonly text: string
}

const KEPT = 50

export function createMailbox(): Mailbox {
  const letters: Letter[] = []
  return {
    letters,
    async receive({ to, subject, text }) {
      letters.unshift({ id: randomUUID(), to: to.address, subject, text, sentAt: new Date().toISOString() })
      letters.length = Math.min(letters.length, KEPT)
    }
  }
}

interface Options {
  /** Null where letters go elsewhere. */
  readonly mailbox: Mailbox | null
}

export async function mailboxRoutes(app: FastifyInstance, { mailbox }: Options): Promise<void> {
  app.get(
    '/mailbox/letters',
    {
      schema: {
        tags: ['example'],
        operationId: 'listLetters',
        summary: 'List the letters to everybody',
        description: 'The newest first. None are kept where mail goes to a mail server, and in production.',
        response: { 200: Type.Object({ kept: Type.Boolean(), letters: Type.Array(Letter) }) }
      }
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { kept: mailbox !== null, letters: [...(mailbox?.letters ?? [])] }
    }
  )
}
