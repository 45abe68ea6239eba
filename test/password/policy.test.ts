import t from 'tap'
import { createPasswordPolicy, type PasswordContext, type PasswordPolicySettings } from '../../src/password/policy.ts'

const DEFAULTS: PasswordPolicySettings = { minLength: 8, maxLength: 256, blocklist: true }

/** `accepted`, or the reason why not. */
async function judge(password: string, settings: Partial<PasswordPolicySettings> = {}, context: PasswordContext = {}) {
  const judgement = await createPasswordPolicy({ ...DEFAULTS, ...settings }).judge(password, context)
  return judgement.outcome === 'accepted' ? 'accepted' : judgement.reason
}

/** A password of so many code points that no list has. */
const ofLength = (length: number) => 'zq'.repeat(length).slice(0, length)

t.test('PW1 the shortest password is the one that the option says', async (t) => {
  const verdicts = async (minLength: number) =>
    Promise.all([7, 8, 14, 15].map((length) => judge(ofLength(length), { minLength })))
  t.same(await verdicts(8), ['too-short', 'accepted', 'accepted', 'accepted'])
  t.same(await verdicts(15), ['too-short', 'too-short', 'too-short', 'accepted'])
})

t.test('PW2 64 and 256 code points are accepted, 257 are not', async (t) => {
  t.same(await Promise.all([64, 256, 257].map((length) => judge(ofLength(length)))), [
    'accepted',
    'accepted',
    'too-long'
  ])
  t.equal(await judge('🦊'.repeat(256)), 'accepted', '1,024 bytes, the most that 256 code points can have')
  t.equal(await judge('🦊'.repeat(257)), 'too-long')
})

t.test('PW2 sign-in takes every length that an account may have, and no more', async (t) => {
  const fits = (maxLength: number) => {
    const policy = createPasswordPolicy({ ...DEFAULTS, maxLength })
    return [7, 256, 257, 1000, 1001].filter((length) => policy.fitsLogin('🦊'.repeat(length)))
  }
  t.same(fits(256), [7, 256], 'the minimum is not asked')
  t.same(fits(64), [7, 256], 'a policy that became narrower locks nobody out')
  t.same(fits(1000), [7, 256, 257, 1000])
  t.ok(createPasswordPolicy(DEFAULTS).fitsLogin('e\u0301'.repeat(256)), 'counted as it would be hashed')
})

t.test('PW3 length is counted in code points of the normal form', async (t) => {
  t.equal(await judge('🦊'.repeat(15), { minLength: 15 }), 'accepted')
  t.equal(await judge('🦊'.repeat(14), { minLength: 15 }), 'too-short', '28 UTF-16 units are 14 characters')
  t.equal(await judge('e\u0301'.repeat(7)), 'too-short', '14 code points as typed, 7 as hashed')
  t.equal(await judge('e\u0301'.repeat(8)), 'accepted')
  t.equal(await judge('e\u0301'.repeat(256)), 'accepted')
  t.equal(await judge('e\u0301'.repeat(257)), 'too-long')
})

t.test('PW4 any character will do, and none is asked for', async (t) => {
  const passwords = [
    'correct horse battery staple',
    ' leading and trailing ',
    '           ',
    'zqzqzqzq',
    'ZQZQZQZQ',
    '83619274',
    '!?!?!?!?',
    'пароль из слов',
    '密码密码密码密码',
    'كلمة السر هنا',
    '👩‍👩‍👧‍👦👩‍👩‍👧‍👦',
    'tab\tand\nnewline',
    '<script>alert(1)</script>',
    "'; DROP TABLE users; --"
  ]
  for (const password of passwords) t.equal(await judge(password), 'accepted', JSON.stringify(password))
})

t.test('PW6 common passwords are rejected unless the host asks for no list', async (t) => {
  t.equal(await judge('password1'), 'common')
  t.equal(await judge('PassWord1'), 'common')
  t.equal(await judge('password1 '), 'accepted', 'only the whole password is compared')
  t.equal(await judge('password1', { blocklist: false }), 'accepted')
  t.equal(await judge('password1', { minLength: 15 }), 'too-short', 'length is judged first')
})

t.test('PW7 words that are no secret are rejected as a whole password, in any letter case', async (t) => {
  const context = {
    email: 'alice.liddell@looking-glass.example',
    username: 'queen_of_hearts',
    appName: 'Café Wonderland'
  }
  const rejected = [
    'alice.liddell@looking-glass.example',
    'Alice.Liddell@Looking-Glass.Example',
    'alice.liddell',
    'looking-glass',
    'LOOKING-GLASS',
    'queen_of_hearts',
    'Queen_Of_Hearts',
    'café wonderland',
    'CAFE\u0301 WONDERLAND'
  ]
  for (const password of rejected) t.equal(await judge(password, {}, context), 'context', password)
  t.equal(await judge('alice.liddell', { blocklist: false }, context), 'context', 'also without the list')
  t.equal(await judge('alice.liddell 1865', {}, context), 'accepted', 'a word inside a longer password is no match')
  t.equal(await judge('alice.liddell', {}, { email: null, username: null, appName: null }), 'accepted')
})

t.test("the host's own rule", async (t) => {
  const answering = (answer: unknown) => judge('long enough', { check: () => answer })

  t.test('accepts with undefined or true, and rejects with everything else', async (t) => {
    for (const answer of [undefined, true, Promise.resolve(true)]) t.equal(await answering(answer), 'accepted')
    for (const answer of ['breached', Promise.resolve('breached')]) t.equal(await answering(answer), 'breached')
    for (const answer of [false, Promise.resolve(false), '', null, 0, 1, {}]) t.equal(await answering(answer), 'policy')
  })

  t.test('fails the call by throwing, so that no password is set', async (t) => {
    const down = new Error('the breach list does not answer')
    const throwing = () => {
      throw down
    }
    await t.rejects(judge('long enough', { check: throwing }), down)
    await t.rejects(judge('long enough', { check: () => Promise.reject(down) }), down)
  })

  t.test(
    'is given the password as it will be hashed and the context, once the built-in rules have accepted',
    async (t) => {
      const asked: unknown[] = []
      const check = (...given: unknown[]) => void asked.push(given)
      const context = { email: 'alice@example.com', username: null, appName: 'Wonderland' }
      await judge('cafe\u0301 noir', { check }, context)
      await judge('short', { check }, context)
      await judge('password1', { check }, context)
      await judge('wonderland', { check }, context)
      t.same(asked, [['caf\u00e9 noir', context]])
    }
  )
})
