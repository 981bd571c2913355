/** Mail, through the SMTP server of `mart.yaml`. What cannot be sent is logged: whoever waits for it asks again. */
import { createTransport } from 'nodemailer'
import { createAtOnce } from '../../lib/at-once.ts'
import type { Log } from '../../lib/log.ts'
import type { SmtpSettings } from './settings.ts'

export type Mail = { readonly to: string; readonly subject: string; readonly text: string }
export type Mailer = {
  /** Whether the server took it. */
  readonly send: (mail: Mail) => Promise<boolean>
}

const timeoutMs = 20_000
const atOnceMax = 4
/** More that wait are given up at once. */
const waitingMax = 1_000

export function createMailer({ host, port, security, login, from }: SmtpSettings, log: Log): Mailer {
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const atOnce = createAtOnce(atOnceMax)
  let waiting = 0
  return {
    async send({ to, subject, text }) {
      if (waiting >= waitingMax) {
        log.error({ event: 'mail-failed', reason: `${waitingMax} mails wait` })
        return false
      }
      waiting += 1
      try {
        await atOnce(() => transport.sendMail({ from, to: { name: '', address: to }, subject, text }))
        return true
      } catch (error) {
        log.error({ event: 'mail-failed', reason: reasonOf(error) })
        return false
      } finally {
        waiting -= 1
      }
    },
  }
}

/** Without what the server said, which may name the address. */
function reasonOf(error: unknown): string {
  const { code, responseCode, command } = error as { code?: string; responseCode?: number; command?: string }
  return [code ?? 'unknown', command, responseCode].filter((part) => part !== undefined).join(' ')
}
