/** Another process with a store: opens the one of the URL in its arguments, says so, and closes it when its input ends. */
import { connectStore } from '../../src/adapters/kysely/connect.ts'

const [url = ''] = process.argv.slice(2)
const store = await connectStore(url, { postgres: { prepare: true, listen: false }, log: console })
await store.open({ migrate: true })
await store.open({ migrate: false })
process.stdout.write('open\n')
process.stdin.resume().once('end', () => store.close())
