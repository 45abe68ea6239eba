/** Hands letters over: to an SMTP server, to a transporter or a function of the host's, or to the log. */
import type { FastifyBaseLogger } from 'fastify'
import { OptionsError } from '../errors.ts'
import type { LetterName } from '../store/index.ts'

/** What a mailer gets. */
export interface MailMessage {
  /** Never a string: a string is a list of addresses to mail libraries, and one in it can name another recipient (CVE-2025-13033). */
  readonly to: { readonly name: string; readonly address: string }
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The letter's name. */
  readonly purpose: LetterName
}

/**
 * Resolves when the letter is handed over; a rejection is tried again later. So is a letter that hangs: the signal then aborts,
 * and who goes on with it all the same sends it twice.
 */
export type SendMail = (message: MailMessage, signal: AbortSignal) => Promise<unknown>

interface SendingSettings {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** As much of nodemailer's transporter as we use. */
export interface MailTransporter {
  sendMail(message: Omit<MailMessage, 'purpose'> & SendingSettings): Promise<unknown>
  close?(): void
}

export interface Mailer {
  readonly send: SendMail
  /** Gives back only what was opened here. */
  close(): void
}

/** RFC 3834 5: no out-of-office note comes back for it. */
const HEADERS = { 'auto-submitted': 'auto-generated' } as const

export async function openMailer(
  mailer: string | MailTransporter | SendMail | undefined,
  log: FastifyBaseLogger
): Promise<Mailer> {
  if (typeof mailer === 'string') {
    const transporter = await connect(mailer)
    return { send: sendThrough(transporter), close: () => transporter.close?.() }
  }
  if (typeof mailer === 'object') return { send: sendThrough(mailer), close: () => {} }
  if (typeof mailer === 'function') return { send: mailer, close: () => {} }
  return {
    send: async ({ to, subject, text }) => log.warn({ to: to.address, subject, text }, 'a letter'),
    close: () => {}
  }
}

async function connect(url: string): Promise<MailTransporter> {
  const nodemailer = await import('nodemailer').catch((cause: unknown) => {
    throw new OptionsError('`mailer` is an SMTP URL, and that takes nodemailer: npm install nodemailer', { cause })
  })
  return nodemailer.createTransport({ url, pool: true }) as MailTransporter
}

function sendThrough(transporter: MailTransporter): SendMail {
  return ({ purpose: _, ...message }, signal) => transporter.sendMail({ ...message, headers: HEADERS, signal })
}
