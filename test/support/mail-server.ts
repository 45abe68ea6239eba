/** A real SMTP server on a loopback port of its own, which keeps what it gets and can be told to misbehave. */
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Test } from 'tap'
import { listenOnFreePort } from './free-port.ts'

export interface ReceivedLetter {
  /** The envelope's: where it really goes. */
  readonly to: readonly string[]
  /** The header fields by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** `refuse` closes the port; `black-hole` takes connections and never says a word, `mute` takes letters and never says so. */
export type Behaviour =
  | 'well'
  | 'refuse'
  | 'black-hole'
  | 'mute'
  | { readonly delay: number }
  | { readonly reply: number }

export interface MailServer {
  readonly url: string
  /** Everything that was accepted, in order. */
  readonly letters: readonly ReceivedLetter[]
  /** How many connections there were. */
  readonly connections: number
  /** Resolves when nobody is connected any more. */
  left(): Promise<void>
  /** From now on; connections that are open end. */
  behave(behaviour: Behaviour): Promise<void>
  /** The next letter to exactly this address, waited for; each is given once. */
  next(address: string): Promise<ReceivedLetter>
}

const PATIENCE_MS = 15_000

export async function mailServer(t: Pick<Test, 'teardown'>): Promise<MailServer> {
  const letters: ReceivedLetter[] = []
  const given = new Set<ReceivedLetter>()
  const sockets = new Set<net.Socket>()
  let behaviour: Behaviour = 'well'
  let connections = 0

  async function judge(done: (error?: Error) => void): Promise<void> {
    if (typeof behaviour === 'string') return done()
    if ('delay' in behaviour) return void sleep(behaviour.delay).then(() => done())
    done(Object.assign(new Error('not now'), { responseCode: behaviour.reply }))
  }

  async function receive(stream: SMTPServerDataStream, { remotePort }: SMTPServerSession): Promise<void> {
    const mail = await PostalMime.parse(Buffer.concat(await stream.toArray()))
    letters.push({
      to: recipients.get(remotePort) ?? [],
      headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
      subject: mail.subject ?? '',
      text: mail.text ?? '',
      html: mail.html ?? ''
    })
  }

  /** The recipients of the letter that is coming, as they are on the wire: smtp-server decodes what looks like Punycode. */
  const recipients = new Map<number, string[]>()
  function note({ remotePort = 0 }: net.Socket, chunk: Buffer): void {
    for (const [, from, to] of chunk.toString('latin1').matchAll(/^(?:MAIL FROM:<(.*?)>|RCPT TO:<(.*)>)/gim)) {
      if (from !== undefined) recipients.set(remotePort, [])
      if (to !== undefined) recipients.get(remotePort)?.push(to)
    }
  }

  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onMailFrom: (_address, _session, done) => void judge(done),
    onRcptTo: (_address, _session, done) => void judge(done),
    onData: (stream, session, done) =>
      void receive(stream, session).then(() => {
        if (behaviour !== 'mute') done()
      }, done)
  })
  const door = net.createServer((socket) => {
    connections += 1
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    if (behaviour === 'black-hole') return
    smtp.connect(socket)
    socket.on('data', (chunk) => note(socket, chunk))
  })
  smtp.on('error', () => {}) // a client that hung up
  const port = await listenOnFreePort(door)

  async function shut(): Promise<void> {
    for (const socket of sockets) socket.destroy()
    if (door.listening) await new Promise((resolve) => door.close(resolve))
  }
  t.teardown(shut)

  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    get connections() {
      return connections
    },
    async left() {
      for (const socket of sockets) await once(socket, 'close')
    },
    async behave(next) {
      await shut()
      behaviour = next
      if (next !== 'refuse') await once(door.listen(port, '127.0.0.1'), 'listening')
    },
    async next(address) {
      const deadline = performance.now() + PATIENCE_MS
      for (;;) {
        const letter = letters.find((each) => !given.has(each) && each.to.includes(address))
        if (letter) {
          given.add(letter)
          return letter
        }
        if (performance.now() > deadline) throw new Error(`no letter came to ${address}; ${summary(letters)}`)
        await sleep(10)
      }
    }
  }
}

const summary = (letters: readonly ReceivedLetter[]): string =>
  `the last of ${letters.length} were ${letters
    .slice(-5)
    .map(({ to, subject }) => `“${subject}” to ${to}`)
    .join(', ')}`

/** As a person finds it: the one line of the letter that is an address to click on. */
export function linkOf({ text }: Pick<ReceivedLetter, 'text'>): URL {
  const links = text.split(/\r?\n/).filter((line) => URL.canParse(line))
  const [link] = links
  if (link === undefined || links.length > 1) throw new Error(`a letter with ${links.length} links`)
  return new URL(link)
}

/** What the link carries, whoever's page it leads to. */
export function tokenOf(letter: Pick<ReceivedLetter, 'text'>): string {
  const { hash, searchParams } = linkOf(letter)
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? searchParams.get('token')
  if (token === null) throw new Error('a link without a token')
  return token
}
