/** A contender's side of the talk with the process that measures it. */
import type { FastifyInstance } from 'fastify'
import type { Answer, Question, Ready } from '../contender.ts'

/** What the measuring process wants this one to be. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}')
}

/** Serves until the measuring process is gone. */
export async function serve(app: FastifyInstance): Promise<void> {
  stand(await app.listen({ port: 0, host: '127.0.0.1' }))
}

/** A server of any kind, until the measuring process is gone, which is told how much processor time this one has used. */
export function stand(url: string): void {
  answer(async () => ({ operations: 0, seconds: 0, cpu: cpu() }))
  tell({ url })
}

/** Does the work over and over, so many at a time, for as long as it is asked to. */
export function repeat(concurrency: number, work: (worker: number) => Promise<unknown>): void {
  answer(async ({ seconds = 0 }) => {
    const [start, cpuBefore] = [performance.now(), cpu()]
    let operations = 0
    const worker = async (_: unknown, index: number) => {
      while (performance.now() - start < seconds * 1000) {
        await work(index)
        operations += 1
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    return { operations, seconds: (performance.now() - start) / 1000, cpu: cpu() - cpuBefore }
  })
  tell({ url: '' })
}

function answer(respond: (question: Question) => Promise<Answer>): void {
  process.on('message', async (question: Question) => tell(await respond(question)))
  process.on('disconnect', () => process.exit())
}

function tell(message: Answer | Ready): void {
  process.send?.(message)
}

/** Microseconds, of every thread and of the system on behalf of them. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
