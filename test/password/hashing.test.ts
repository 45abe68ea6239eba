import { hash as argon2Hash } from '@node-rs/argon2'
import t from 'tap'
import { createPasswords } from '../../src/password/hashing.ts'

const ARGON2 = { memoryCost: 19456, timeCost: 2, parallelism: 1 }
const HASHING = { concurrency: 2, queue: 32 }
const passwords = createPasswords({ argon2: ARGON2, hashing: HASHING })

t.test('PW5 the whole password counts: nothing is cut, trimmed or changed in case', async (t) => {
  const long = 'x'.repeat(256)
  const differing: [string, string, string][] = [
    ['at byte 73', long, `${long.slice(0, 72)}y${long.slice(73)}`],
    ['at byte 200', long, `${long.slice(0, 199)}y${long.slice(200)}`],
    ['in the last byte', long, `${long.slice(0, 255)}y`],
    ['in length, past byte 72', long, long.slice(0, 255)],
    ['after a NUL', 'before\0after', 'before\0other'],
    ['by what follows a NUL', 'before\0after', 'before'],
    ['by a trailing space', 'wonderland', 'wonderland '],
    ['by a leading space', 'wonderland', ' wonderland'],
    ['in case', 'wonderland', 'Wonderland'],
    ['by compatibility forms, which NFC keeps apart', 'o\ufb03ce hours', 'office hours']
  ]
  for (const [how, password, other] of differing) {
    const stored = await passwords.hash(password)
    t.equal(await passwords.verify(stored, other), 'mismatch', `differing ${how}`)
  }
  t.equal(await passwords.verify(await passwords.hash('before\0after'), 'before\0after'), 'match')
  t.equal(await passwords.verify(await passwords.hash('🦊'.repeat(256)), '🦊'.repeat(256)), 'match')
})

t.test('PW5 composed and decomposed spellings are one password, whichever was set', async (t) => {
  const composed = 'caf\u00e9 \u00c5ngstr\u00f6m'
  const decomposed = composed.normalize('NFD')
  t.not(composed, decomposed)
  t.equal(await passwords.verify(await passwords.hash(composed), decomposed), 'match')
  t.equal(await passwords.verify(await passwords.hash(decomposed), composed), 'match')
})

t.test(
  'PW9 the stored hash is argon2id in PHC form, with the parameters asked for and a salt of its own',
  async (t) => {
    const [first, second] = await Promise.all([passwords.hash('wonderland'), passwords.hash('wonderland')])
    const phc = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
    const [, salt = '', digest = ''] = phc.exec(first) ?? []
    t.equal(Buffer.from(salt, 'base64').length, 16)
    t.equal(Buffer.from(digest, 'base64').length, 32)
    t.not(salt, phc.exec(second)?.[1])

    const stronger = createPasswords({ argon2: { memoryCost: 20480, timeCost: 3, parallelism: 2 }, hashing: HASHING })
    t.match(await stronger.hash('wonderland'), '$argon2id$v=19$m=20480,t=3,p=2$')
  }
)

t.test('PW10 a right password whose hash was made otherwise is told apart, so that it can be replaced', async (t) => {
  const otherwise = {
    'less memory': { memoryCost: 12288 },
    'fewer passes': { timeCost: 1 },
    'more memory': { memoryCost: 20480 },
    'more lanes': { parallelism: 2 },
    argon2i: { algorithm: 1 },
    argon2d: { algorithm: 0 },
    'version 1.0': { version: 0 },
    'a shorter digest': { outputLen: 16 },
    'a shorter salt': { salt: Buffer.from('eight by') }
  }
  for (const [how, options] of Object.entries(otherwise)) {
    const stored = await argon2Hash('wonderland', { ...ARGON2, algorithm: 2, ...options })
    t.equal(await passwords.verify(stored, 'wonderland'), 'match-stale', how)
    t.equal(await passwords.verify(stored, 'looking-glass'), 'mismatch', `${how}, wrong password`)
  }
  t.equal(await passwords.verify(await passwords.hash('wonderland'), 'wonderland'), 'match')
})

t.test(
  'an account without a password, or with a hash that cannot be read, never matches and never throws',
  async (t) => {
    const stored = await passwords.hash('wonderland')
    const unreadable = [
      '',
      'wonderland',
      '$',
      '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
      stored.slice(0, -1),
      stored.slice(0, stored.lastIndexOf('$')),
      `${stored}\n`,
      stored.replace('argon2id', 'argon2x'),
      stored.replace('v=19', 'v=18'),
      stored.replace('m=19456', 'm=1'),
      stored.replace('t=2', 't=0'),
      stored.replace('p=1', 'p=0')
    ]
    for (const phc of [null, ...unreadable])
      t.equal(await passwords.verify(phc, 'wonderland'), 'mismatch', JSON.stringify(phc))
  }
)

t.test('setting and verifying share one gate', async (t) => {
  const narrow = createPasswords({ argon2: ARGON2, hashing: { concurrency: 1, queue: 1 } })
  const running = narrow.hash('wonderland')
  const waiting = narrow.verify(null, 'wonderland')
  await t.rejects(narrow.hash('wonderland'), { code: 'AUTH_OVERLOADED' })
  await t.rejects(narrow.verify(null, 'wonderland'), { code: 'AUTH_OVERLOADED' })
  t.equal(await waiting, 'mismatch')
  t.equal(await narrow.verify(await running, 'wonderland'), 'match')
})

t.test('parameters that argon2 cannot run with are refused at once, not at the first sign-up', async (t) => {
  t.throws(() => createPasswords({ argon2: { memoryCost: 4, timeCost: 2, parallelism: 1 }, hashing: HASHING }))
})
