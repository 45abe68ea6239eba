/** Our HMAC against Node's, since tokens that are out there must stay good whatever it is computed with. */
import { createHmac, randomBytes } from 'node:crypto'
import t from 'tap'
import { keyringOf } from '../../src/crypto/keyring.ts'
import { mac, macMatches } from '../../src/crypto/mac.ts'

const LABEL = 'rt1'

t.test('HMAC-SHA-256 of keys and texts around every bound of a block', async (t) => {
  for (const keyLength of [1, 31, 32, 63, 64, 65, 131]) {
    for (const textLength of [0, 1, 38, 60, 61, 62, 64, 200]) {
      const bytes = randomBytes(keyLength)
      const text = randomBytes(textLength)
      const [key] = keyringOf([bytes])
      const expected = createHmac('sha256', bytes).update(LABEL).update(text).digest()
      t.ok(mac(key, LABEL, text).equals(expected), `${keyLength} and ${textLength} bytes`)
    }
  }
})

t.test('the vectors of RFC 4231', async (t) => {
  const vectors = [
    {
      key: Buffer.alloc(20, 0x0b),
      text: Buffer.from('Hi There'),
      mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'
    },
    {
      key: Buffer.from('Jefe'),
      text: Buffer.from('what do ya want for nothing?'),
      mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    },
    {
      key: Buffer.alloc(131, 0xaa),
      text: Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
      mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'
    }
  ]
  for (const vector of vectors) {
    const [key] = keyringOf([vector.key])
    t.equal(mac(key, '', vector.text).toString('hex'), vector.mac)
  }
})

t.test('one bit more or less matches nothing', async (t) => {
  const [key] = keyringOf([randomBytes(32)])
  const text = randomBytes(38)
  const good = mac(key, LABEL, text)
  t.ok(macMatches(key, LABEL, text, good))
  t.notOk(macMatches(key, 'rt2', text, good), 'another label')
  t.notOk(macMatches(key, LABEL, text, good.subarray(1)), 'too short')
  for (let bit = 0; bit < good.length * 8; bit++) {
    const forged = Buffer.from(good)
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    t.notOk(macMatches(key, LABEL, text, forged))
  }
})
