/** Strings that have broken other people's programs, each a kind of its own; written with escapes, so that they can be read. */

/** Refused in every field: no text, or none that every database can hold. */
export const ILL_FORMED = [
  '\0',
  'a\0b',
  `${'x'.repeat(60)}\0`,
  '\ud800',
  '\udc00',
  'a\ud800b',
  '\udc00\ud800',
  '\ud83d',
  'emoji cut in half \ud83d'
] as const

/** Text, if odd text. */
export const ODD = [
  // Nothing much.
  ...[
    '',
    ' ',
    '   ',
    '\t',
    '\n',
    '\r\n',
    '\v\f',
    '\u00a0',
    '\u2003\u3000',
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad'
  ],
  // Words that mean something to somebody.
  ...[
    'null',
    'undefined',
    'NaN',
    'Infinity',
    'true',
    'false',
    'nil',
    'None',
    '[object Object]',
    'constructor',
    '__proto__'
  ],
  ...['toString', 'hasOwnProperty', '0', '-1', '1e999', '0x1f', '00000000-0000-0000-0000-000000000000', 'CON', 'LPT1'],
  // Controls and terminals.
  ...[
    '\u0001\u0002\u0007',
    '\b\b\b',
    '\u001b[31mred\u001b[0m',
    '\u001b]0;title\u0007',
    '\u007f',
    '\u0080\u009f',
    '\u2028\u2029'
  ],
  ...['line\nINFO: admin signed in', 'line\r\nSet-Cookie: admin=1', '%0d%0aSet-Cookie:%20a=1'],
  // Scripts and directions.
  ...[
    '\u202eexe.txt',
    '\u2066\u2067\u2069',
    '\u0628\u0627\u0644\u0639\u0631\u0628\u064a\u0629',
    '\u05e9\u05dc\u05d5\u05dd'
  ],
  ...[
    '\u4e2d\u6587\u5bc6\u7801',
    '\u0e01\u0e34\u0e19',
    '\u0430dmin',
    '\u0391dmin',
    '\uff41\uff44\uff4d\uff49\uff4e',
    '\u0131\u0130\u00df\u1e9e'
  ],
  ...[
    'e\u0301'.repeat(3),
    `Z${'\u0351\u036b\u0343'.repeat(20)}`,
    '\ufdfa',
    '\u212b\u2126',
    '\u{1d4d0}\u{1d4ed}',
    '\ufffd\ufffe\uffff'
  ],
  // Emoji, and code points beyond the first plane.
  ...[
    '\u{1f600}',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}',
    '\u{1f1e9}\u{1f1ea}',
    '\u{1f44d}\u{1f3ff}',
    '\u{10ffff}'
  ],
  // Databases.
  ...[
    "'",
    "''",
    '"',
    '`',
    '\\',
    "\\'",
    "' or '1'='1",
    "'; drop table auth_users; --",
    "' union select password_hash from auth_users --"
  ],
  ...[
    '$1',
    ':now',
    '?',
    '%',
    '_',
    '*',
    '{"$gt":""}',
    '{$ne: null}',
    'pg_sleep(10)',
    "'||pg_sleep(10)||'",
    'E\\x27',
    '$$',
    '/*',
    '--'
  ],
  // Templates, shells, mark-up, paths and addresses.
  ...[
    '{{7*7}}',
    '\u0024{7*7}',
    '<%= 7*7 %>',
    '#{7*7}',
    '%s%s%s%n',
    '$(id)',
    '`id`',
    '; id',
    '| id',
    '& ping -c 9 127.0.0.1 &'
  ],
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '<!--',
    ']]>',
    '&lt;',
    '<!ENTITY x SYSTEM "file:///etc/passwd">'
  ],
  ...[
    '../../../../etc/passwd',
    '..\\..\\boot.ini',
    '/dev/null',
    'file:///etc/passwd',
    'http://169.254.169.254/',
    '//example.com'
  ],
  ...[
    '\\\\server\\share',
    'javascript:alert(1)',
    '\u0024{jndi:ldap://127.0.0.1/a}',
    '() { :; }; id',
    '=cmd|"/c calc"!A1',
    '+1-1',
    '@sum(1)'
  ],
  // Addresses that are none, or two.
  ...[
    'a@b',
    'a@b.c,d@e.fr',
    'a@b.co\r\nBcc: d@e.fr',
    '"a b"@example.com',
    'a@[127.0.0.1]',
    'a@example.com ',
    ' a@example.com',
    '@'
  ],
  ...[
    'a@ex\u00e4mple.com',
    '\u00e4@example.com',
    'a@example.com\u200b',
    'a\uff20example.com',
    '<a@example.com>',
    'a@@example.com',
    'a..b@example.com'
  ],
  // Expressions that make matchers slow.
  ...[
    `${'a.'.repeat(100)}@`,
    `${'a'.repeat(64)}@${'a-'.repeat(90)}`,
    `a@${'a.'.repeat(120)}1`,
    `${'a'.repeat(200)}!`,
    '@'.repeat(200)
  ],
  // Long, but not too long for a body.
  ...['x'.repeat(255), 'x'.repeat(4096), '\u{1f600}'.repeat(256), '\ufdfa'.repeat(300)]
] as const

export const NAUGHTY = [...ILL_FORMED, ...ODD] as const
