/** Spellings of an address that some system somewhere takes for that address, or for two, or for a command. */

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: '\u0430\u0251\u03b1\u00e0\u00e1\u00e4\uff41\u{1d41a}',
  c: '\u0441\u03f2\u00e7\uff43\u217d',
  e: '\u0435\u00e9\u00eb\u0117\uff45\u212f',
  i: '\u0456\u0131\u00ed\u00ef\uff49\u2170\u2139',
  k: '\u212a\u03ba\u043a\uff4b',
  l: '\u04cf\u217c\uff4c\u0142',
  m: '\u043c\uff4d\u217f',
  o: '\u043e\u03bf\u00f6\u00f3\uff4f\u2134\u0585',
  p: '\u0440\u03c1\uff50',
  s: '\u017f\u0455\uff53\u00df',
  t: '\u0442\uff54\u0163',
  v: '\u03bd\u0475\uff56\u2174',
  x: '\u0445\u03c7\uff58\u2179',
  '@': '\uff20\ufe6b',
  '.': '\u3002\uff0e\uff61\u2024\u00b7'
}

/** Nothing to see: zero-width, direction, variation, soft hyphen, tags, combining marks. */
const INVISIBLE = ['\u200b', '\u200d', '\u2060', '\u202e', '\ufe0f', '\u00ad', '\u{e0061}', '\u0301', '\ufeff']

export interface Corpus {
  /** The address itself in other letter cases: the same one. */
  readonly same: readonly string[]
  /** Everything else: other addresses, or none at all. */
  readonly other: readonly string[]
}

export function addressesLike(address: string): Corpus {
  const [local = '', domain = ''] = address.split('@')
  const evil = 'evil@evil.example'
  const letters = [...address]
  const replaced = (place: number, text: string) => letters.toSpliced(place, 1, text).join('')
  const inserted = (place: number, text: string) => letters.toSpliced(place, 0, text).join('')

  const unicode = letters.flatMap((letter, place) =>
    [...(LOOK_ALIKES[letter] ?? '')].map((like) => replaced(place, like))
  )
  const invisible = letters.flatMap((_, place) =>
    INVISIBLE.filter((_, number) => (place + number) % 3 !== 0).map((nothing) => inserted(place, nothing))
  )
  const spaced = [' ', '\t', '\r', '\n', '\r\n', '\0', '\u00a0', '\u3000', '\u2028', '\v'].flatMap((space) => [
    ...[space + address, address + space, `${local}${space}@${domain}`, `${local}@${space}${domain}`],
    ...[`${address}${space}${evil}`, `${evil}${space}${address}`, `${local}@${domain}${space}.evil.example`]
  ])
  const lists = [
    ',',
    ';',
    '|',
    '&',
    '+',
    ' ',
    ', ',
    '%2c',
    '%2C ',
    '\uff0c',
    '\u060c',
    ':',
    '%0a',
    '%0d%0a',
    '%00'
  ].flatMap((comma) => [`${address}${comma}${evil}`, `${evil}${comma}${address}`])
  const headers = ['Bcc', 'Cc', 'To', 'Subject', 'Reply-To', 'Content-Type'].flatMap((name) => [
    ...[`${address}\r\n${name}: ${evil}`, `${address}\n${name}: ${evil}`, `${address}%0d%0a${name}: ${evil}`],
    ...[`${address}\\r\\n${name}: ${evil}`, `"${local}\r\n${name}: ${evil}"@${domain}`]
  ])
  const named = [
    '<%>',
    'Ada <%>',
    '"Ada" <%>',
    '<%',
    '%>',
    '<<%>>',
    'Ada <%> (x)',
    '%(x)',
    '(x)%',
    `<${evil}>%`,
    `%<${evil}>`
  ]
  const routed = [
    ...[
      `@evil.example:${address}`,
      `@evil.example,@b.example:${address}`,
      `${address}@evil.example`,
      `${evil}@${domain}`
    ],
    ...[`evil.example!${address}`, `${local}%${domain}@evil.example`, `${local}%40${domain}@evil.example`],
    ...[
      `"${address}"@evil.example`,
      `"${local}"@${domain}`,
      `"${local}@evil.example> "@${domain}`,
      `${local}@@${domain}`
    ],
    ...[`${local}(@evil.example)@${domain}`, `${local}(comment)@${domain}`, `${local}@(comment)${domain}`],
    ...[
      `${local}@${domain}(comment)`,
      `"${local}\\"@${domain}`,
      `"${evil} x"@${domain}`,
      `group: ${address};`,
      `group:${evil};`
    ]
  ]
  const encoded = [
    ...[
      `=?utf-8?q?${local}?=@${domain}`,
      `=?x?q?${local}=40${domain}=3e=00?=${evil}`,
      `=?utf-8?b?dmljdGlt?=@${domain}`
    ],
    ...[
      `${local}%00@${domain}`,
      `${local}=00@${domain}`,
      `${local}@${domain}%00.evil.example`,
      `${local}@xn--exmple-cua.com`
    ],
    ...[
      `${local}@xn--${domain}`,
      `${local}@${domain.replace('.', '%2e')}`,
      `%76${local.slice(1)}@${domain}`,
      `\\${address}`
    ],
    ...[
      `&#118;${local.slice(1)}@${domain}`,
      `\\u0076${local.slice(1)}@${domain}`,
      `mailto:${address}`,
      `smtp:${address}`
    ]
  ]
  const dots = [
    ...[`${address}.`, `.${address}`, `${local}.@${domain}`, `${local}..x@${domain}`, `${local}@.${domain}`],
    ...[`${local}@${domain.replace('.', '..')}`, `${local}@${domain}.evil.example`, `${local}@evil.example.${domain}`],
    ...letters.slice(1, local.length).map((_, place) => inserted(place + 1, '.')),
    ...[
      '+',
      '+x',
      '+evil@evil.example',
      '-x',
      '=x',
      '/x',
      '#x',
      '!x',
      "'x",
      '`x`',
      '{x}',
      '|x',
      '$(x)',
      '~x',
      '?x',
      '^x',
      '*'
    ].map((tag) => `${local}${tag}@${domain}`)
  ]
  const places = [
    ...[
      'localhost',
      '[127.0.0.1]',
      '127.0.0.1',
      '[IPv6:::1]',
      '2130706433',
      'example',
      'example.c0m-',
      '-example.com',
      'a_b.com'
    ],
    ...[
      'example.com:25',
      'example.com/x',
      'user:pass@example.com',
      '*.example.com',
      'EXAMPLE',
      'example.com\\',
      '[example.com]'
    ]
  ].map((place) => `${local}@${place}`)
  const long = [
    ...[
      `${local}${'x'.repeat(70)}@${domain}`,
      `${local}@${'x'.repeat(64)}.${domain}`,
      `${local}@${'x.'.repeat(130)}com`
    ],
    ...[
      `${'x'.repeat(300)}${address}`,
      `${address}${'x'.repeat(300)}`,
      `${local}@${'a'.repeat(4096)}`,
      `${' '.repeat(4096)}${address}`
    ]
  ]
  const markup = [
    '<b>%</b>',
    '%<script>alert(1)</script>',
    '"<img src=x>"@example.com',
    '<a href="https://evil.example">%</a>',
    '{{%}}',
    '<%= % %>'
  ]
  const nothing = [
    '',
    '@',
    '.',
    local,
    domain,
    `@${domain}`,
    `${local}@`,
    'null',
    'undefined',
    '%',
    '*',
    '*@*',
    `%@${domain}`,
    '\ud800'
  ]

  const other = [
    ...[...unicode, ...invisible, ...spaced, ...lists, ...headers, ...routed, ...encoded, ...dots, ...places, ...long],
    ...[...named, ...markup].map((pattern) => pattern.replaceAll('%', address)),
    ...nothing
  ]
  const same = [
    address,
    address.toUpperCase(),
    local.toUpperCase() + address.slice(local.length),
    replaced(0, local.charAt(0).toUpperCase())
  ]
  return { same, other: [...new Set(other)].filter((each) => !same.includes(each)) }
}
