/** What this app is for: notes, each user's own. They live in memory and are gone when it stops. */
import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Problem } from './api-docs.ts'

const NewNote = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 280, examples: ['Water the ferns'] }) },
  { additionalProperties: false }
)

const Note = Type.Object({
  id: Type.String({ format: 'uuid' }),
  text: Type.String(),
  createdAt: Type.String({ format: 'date-time' })
})
type Note = Static<typeof Note>

export async function notes(app: FastifyInstance): Promise<void> {
  const notesByUser = new Map<string, readonly Note[]>()

  // Every route in here needs a user.
  app.addHook('onRequest', app.authenticate)

  app.get(
    '/notes',
    {
      schema: {
        tags: ['example'],
        operationId: 'listNotes',
        summary: 'List the own notes',
        description: 'The newest first.',
        response: { 200: Type.Object({ notes: Type.Array(Note) }), 401: Problem }
      }
    },
    async ({ user }) => ({ notes: notesByUser.get(user.id) ?? [] })
  )

  app.post<{ Body: Static<typeof NewNote> }>(
    '/notes',
    {
      schema: {
        tags: ['example'],
        operationId: 'addNote',
        summary: 'Write a note',
        description: 'Only its writer can read it.',
        body: NewNote,
        response: { 201: Note, 400: Problem, 401: Problem }
      }
    },
    async ({ user, body }, reply) => {
      const note: Note = { id: randomUUID(), text: body.text, createdAt: new Date().toISOString() }
      notesByUser.set(user.id, [note, ...(notesByUser.get(user.id) ?? [])])
      reply.code(201)
      return note
    }
  )
}
