/** Verifications of a password alone, as many at a time as the default gate lets through. */
import { hash, verify } from '@node-rs/argon2'
import { repeat, settings } from './parent.ts'

const { concurrency } = settings<{ concurrency: number }>()
const stored = await hash('a good passphrase', { memoryCost: 19_456, timeCost: 2, parallelism: 1 })

repeat(concurrency, () => verify(stored, 'a good passphrase'))
