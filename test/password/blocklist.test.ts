import t from 'tap'
import { isCommonPassword } from '../../src/password/blocklist.ts'
import { commonPasswords } from '../../src/password/common-passwords.ts'
import { createPasswordPolicy } from '../../src/password/policy.ts'

const listed = commonPasswords.split(/\s/)

t.test('PW6 the list holds over 3,000 different passwords, each one long enough to be chosen', async (t) => {
  t.ok(listed.length >= 3000, `${listed.length} entries`)
  t.equal(new Set(listed).size, listed.length)
  t.same(
    listed.filter((entry) => [...entry].length < 8 || entry !== entry.normalize('NFC').toLowerCase()),
    []
  )
})

t.test('PW6 every listed password is rejected as common, in capitals too', async (t) => {
  const policy = createPasswordPolicy({ minLength: 8, maxLength: 256, blocklist: true })
  const accepted: string[] = []
  for (const password of listed.flatMap((entry) => [entry, entry.toUpperCase()])) {
    const judgement = await policy.judge(password, {})
    if (judgement.outcome === 'accepted' || judgement.reason !== 'common') accepted.push(password)
  }
  t.same(accepted, [])
})

t.test('PW6 the whole password is compared, not a part of it', async (t) => {
  t.ok(isCommonPassword('password1'))
  t.notOk(isCommonPassword('password1 '))
  t.notOk(isCommonPassword('my password1'))
  t.notOk(isCommonPassword('password1 football'), 'two entries side by side are no entry')
  t.notOk(isCommonPassword(''))
})
