/** A letter in the outbox that no process of the test was woken for. */
import { connectStore } from '../../src/adapters/kysely/connect.ts'
import { newId } from '../../src/crypto/random.ts'

export async function postLetter(storage: string, address: string): Promise<void> {
  const store = await connectStore(storage, { postgres: { prepare: true, listen: false }, log: console })
  await store.letters.post({ id: newId(), name: 'reset-password', address, userId: null, sessionId: null })
  await store.close()
}
