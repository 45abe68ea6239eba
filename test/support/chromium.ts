/** A real browser for tests: the Chromium or Chrome of the machine. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

const DEBIAN = '/usr/bin/chromium'
const PLACES = [DEBIAN, '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** Names that are another site than `localhost`, and not in the eyes of a browser a secure context. */
const NAMES = '--host-resolver-rules=MAP *.test 127.0.0.1'

/** Closed when the test ends. Playwright starts it without its sandbox, which root could not use: it meets no page but ours. */
export async function launchChromium(t: Test): Promise<Browser> {
  const executablePath = findChromium()
  const browser = await chromium.launch({ executablePath, args: [...QUIET, NAMES] })
  t.teardown(() => browser.close())
  return browser
}

function findChromium(): string {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  const found = PLACES.find((place) => existsSync(place)) ?? install()
  if (found === undefined) {
    throw new Error('The browser tests need Chromium: install it (`apt install chromium`) or set CHROMIUM_PATH')
  }
  return found
}

/** As root on Debian, as in a container of CI, nobody has to be asked. Undefined where that is not so, or did not work. */
function install(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined
  const command = 'apt-get update && apt-get install -y --no-install-recommends chromium'
  try {
    // Of several files of tests that run at once, one installs and the others find what it installed.
    const lock = join(tmpdir(), 'install-chromium.lock')
    execFileSync('flock', [lock, 'sh', '-c', `test -x ${DEBIAN} || { ${command}; }`], { stdio: 'ignore' })
    return DEBIAN
  } catch {
    return undefined
  }
}
