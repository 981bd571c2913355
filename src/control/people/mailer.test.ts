import { expect, test } from 'bun:test'
import type { LogEvent } from '../../lib/log-text.ts'
import { createMailer } from './mailer.ts'
import { invitationMail, passwordMail } from './mails.ts'
import { startSmtp } from './test-smtp.ts'

const settingsFor = (port: number) =>
  ({ host: '127.0.0.1', port, security: 'none', login: null, from: 'Mart <mart@example.com>' }) as const
const words = { to: 'nobody@example.com', url: 'https://gateway.test/invitation#token', host: 'gateway.test' }

test('a mail is sent as plain text from the address that is configured', async () => {
  const { heard, port, stop } = await startSmtp()
  const mailer = createMailer(settingsFor(port), { info: () => undefined, error: () => undefined })
  expect(await mailer.send(passwordMail(words))).toBe(true)
  const said = heard.join('')
  expect(said).toContain('MAIL FROM:<mart@example.com>')
  expect(said).toContain('RCPT TO:<nobody@example.com>')
  expect(said).toContain('Subject: A new password for gateway.test')
  expect(said).toContain('https://gateway.test/invitation#token')
  expect(said).not.toContain('text/html')
  stop()
})

test('a mail that is not taken is logged without the address and without the link', async () => {
  const events: LogEvent[] = []
  const { port, stop } = await startSmtp(true)
  const mailer = createMailer(settingsFor(port), { info: () => undefined, error: (event) => void events.push(event) })
  expect(await mailer.send(passwordMail(words))).toBe(false)
  expect(events).toMatchObject([{ event: 'mail-failed', reason: expect.stringContaining('550') }])
  expect(JSON.stringify(events)).not.toMatch(/nobody|#token/)
  stop()
})

test('a server that must speak TLS and does not is told nothing', async () => {
  const { heard, port, stop } = await startSmtp()
  const log = { info: () => undefined, error: () => undefined }
  const mailer = createMailer({ ...settingsFor(port), security: 'starttls' }, log)
  expect(await mailer.send(passwordMail(words))).toBe(false)
  expect(heard.join('')).not.toMatch(/MAIL FROM|#token/)
  stop()
})

test('names that people chose cannot write lines into a mail', () => {
  const mail = invitationMail(words, 'Acme\r\nBcc: eve@example.com', 'Ann\u2028Subject: x')
  expect(mail.subject).not.toMatch(/[\r\n\u2028]/)
  expect(mail.text.split('\n\n')[0]).toBe(
    'Ann Subject: x invites you to the organization “Acme Bcc: eve@example.com” at gateway.test.',
  )
})
