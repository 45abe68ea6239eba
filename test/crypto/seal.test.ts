/** Our seal against Node's own HMAC, since tokens that are out there must stay good whatever it is computed with. */
import { createHmac, randomBytes } from 'node:crypto'
import t from 'tap'
import { keyringOf } from '../../src/crypto/keyring.ts'
import { createSeal, MAC_BYTES } from '../../src/crypto/seal.ts'

const LABEL = 'rt1'

/** What a seal puts on a text; the second byte of the text becomes the key's name. */
function sealed(key: Buffer, label: string, text: Buffer): Buffer {
  const token = Buffer.concat([text, Buffer.alloc(MAC_BYTES)])
  createSeal(keyringOf([key]), label, token.length).set(token)
  return token
}

t.test('HMAC-SHA-256 of keys and texts around every bound of a block', async (t) => {
  for (const keyBytes of [1, 31, 32, 63, 64, 65, 131]) {
    for (const textBytes of [2, 38, 60, 61, 62, 64, 200]) {
      const key = randomBytes(keyBytes)
      const token = sealed(key, LABEL, randomBytes(textBytes))
      const expected = createHmac('sha256', key).update(LABEL).update(token.subarray(0, textBytes)).digest()
      t.ok(token.subarray(textBytes).equals(expected), `${keyBytes} and ${textBytes} bytes`)
    }
  }
})

t.test('one seal after the other leaves nothing behind', async (t) => {
  const key = randomBytes(32)
  const seal = createSeal(keyringOf([key]), LABEL, 70)
  const tokens = Array.from({ length: 50 }, () => randomBytes(70))
  for (const token of tokens) seal.set(token)
  t.ok(tokens.every((token) => seal.isOn(token)))
  t.ok(tokens.every((token) => token.equals(sealed(key, LABEL, token.subarray(0, 38)))))
})

t.test('one bit more or less is no seal', async (t) => {
  const key = randomBytes(32)
  const seal = createSeal(keyringOf([key]), LABEL, 70)
  const token = sealed(key, LABEL, randomBytes(38))
  t.ok(seal.isOn(token))
  t.notOk(createSeal(keyringOf([key]), 'rt2', 70).isOn(token), 'another label')
  t.notOk(createSeal(keyringOf([randomBytes(32)]), LABEL, 70).isOn(token), 'another key')
  t.notOk(seal.isOn(token.subarray(1)), 'too short')
  t.notOk(seal.isOn(Buffer.concat([token, Buffer.alloc(1)])), 'too long')
  for (let bit = 0; bit < token.length * 8; bit++) {
    const forged = Buffer.from(token)
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    t.notOk(seal.isOn(forged))
  }
})

t.test('the first key seals, each is accepted, also where two share a name', async (t) => {
  const [first, second] = [randomBytes(32), randomBytes(32)]
  const [one, other] = keyringOf([first, second])
  t.ok(other)
  const both = createSeal([one, { ...(other as typeof one), kid: one.kid }], LABEL, 70)
  const byTheOther = randomBytes(70)
  createSeal([{ ...(other as typeof one), kid: one.kid }], LABEL, 70).set(byTheOther)
  t.ok(both.isOn(byTheOther))
  const token = randomBytes(70)
  createSeal(keyringOf([second, first]), LABEL, 70).set(token)
  t.ok(createSeal(keyringOf([first, second]), LABEL, 70).isOn(token), 'the order of the secrets is nothing to it')
  t.notOk(createSeal(keyringOf([first]), LABEL, 70).isOn(token), 'a secret that is gone')
})
