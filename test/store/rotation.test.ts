/** The state table of rotation, row by row, at the edges of each. */
import t from 'tap'
import { decideRotation, type StoredSession } from '../../src/adapters/kysely/rotation.ts'
import type { RotateSession, UserRecord } from '../../src/store/index.ts'

const at = (seconds: number): Date => new Date(Date.UTC(2031, 0, 1) + seconds * 1_000)

const user: UserRecord = {
  id: 'user',
  email: null,
  emailVerifiedAt: null,
  username: null,
  fields: {},
  sessionEpoch: 3,
  disabledAt: null,
  createdAt: at(0),
  updatedAt: at(0)
}

/** Of generation 5, rotated at 100 s; idle until 200 s, over at 300 s. */
const live: StoredSession = {
  generation: 5,
  epoch: 3,
  rotatedAt: at(100),
  idleExpiresAt: at(200),
  expiresAt: at(300),
  endedAt: null,
  endReason: null,
  remember: false,
  user
}

const rotation: RotateSession = {
  id: 'session',
  secretDigest: 'digest',
  generation: 5,
  graceSeconds: 30,
  idleSeconds: 100,
  rotate: true
}

const current = (generation: number) => ({ id: 'session', user, generation, remember: false })

const rows: readonly (readonly [string, Partial<StoredSession>, Partial<RotateSession>, number, object])[] = [
  ['the current generation rotates', {}, {}, 150, { outcome: 'rotated', session: current(6) }],
  ['or stays, where tokens do not', {}, { rotate: false }, 150, { outcome: 'rotated', session: current(5) }],
  ['one ahead heals', {}, { generation: 9 }, 150, { outcome: 'rotated', session: current(10) }],
  ['the one before, as the grace ends', {}, { generation: 4 }, 130, { outcome: 'replayed', session: current(5) }],
  ['the one before, when the grace is over', {}, { generation: 4 }, 130.001, { outcome: 'reused', userId: 'user' }],
  [
    'the one before, where there is none',
    {},
    { generation: 4, graceSeconds: 0 },
    100,
    { outcome: 'reused', userId: 'user' }
  ],
  ['an older one within the grace', {}, { generation: 3 }, 101, { outcome: 'reused', userId: 'user' }],
  ['the last instant before it is idle', {}, {}, 199.999, { outcome: 'rotated', session: current(6) }],
  ['idle for too long', {}, {}, 200, { outcome: 'ended', reason: 'expired' }],
  ['past the absolute limit', { idleExpiresAt: at(400) }, {}, 300, { outcome: 'ended', reason: 'expired' }],
  ['ended, with its reason', { endedAt: at(1), endReason: 'logout' }, {}, 400, { outcome: 'ended', reason: 'logout' }],
  ['a disabled user', { user: { ...user, disabledAt: at(1) } }, {}, 150, { outcome: 'ended', reason: 'disabled' }],
  ['a stale epoch', { epoch: 2 }, {}, 150, { outcome: 'ended', reason: 'admin' }],
  [
    'an old generation of an ended session',
    { endedAt: at(1), endReason: 'reuse' },
    { generation: 1 },
    150,
    { outcome: 'ended', reason: 'reuse' }
  ]
]

for (const [name, stored, presented, seconds, expected] of rows) {
  t.test(name, async (t) => {
    t.strictSame(decideRotation({ ...live, ...stored }, { ...rotation, ...presented }, at(seconds)), expected)
  })
}
