/** What people are written. Plain text, which every reader shows, and which hides no address behind a word. */
import { formatUsd } from '../../lib/amounts.ts'
import type { Crossing } from '../../store/store.ts'
import type { Mail } from './mailer.ts'

type Words = { readonly to: string; readonly url: string; readonly host: string }

export const invitationMail = ({ to, url, host }: Words, organization: string, inviter: string): Mail => ({
  to,
  subject: `${line(inviter)} invites you to ${line(organization)}`,
  text: letter(
    `${line(inviter)} invites you to the organization “${line(organization)}” at ${host}.`,
    'Open this link to join. It works once, within seven days:',
    url,
    'If you did not expect this, do nothing.',
  ),
})

export const passwordMail = ({ to, url, host }: Words): Mail => ({
  to,
  subject: `A new password for ${host}`,
  text: letter(
    `Somebody, most likely you, asked for a new password for your account at ${host}.`,
    'Open this link to choose one. It works once, within an hour:',
    url,
    'If it was not you, do nothing: your password stays as it is.',
  ),
})

export const signUpMail = ({ to, url, host }: Words): Mail => ({
  to,
  subject: `Your account at ${host}`,
  text: letter(
    `Somebody, most likely you, asked for an account at ${host}.`,
    'Open this link to finish. It works once, within a day:',
    url,
    'If it was not you, do nothing: there is no account then.',
  ),
})

/** For whoever asks for an account and has one: the page itself must not say so. */
export const hasAccountMail = ({ to, url, host }: Words): Mail => ({
  to,
  subject: `Your account at ${host}`,
  text: letter(
    `Somebody, most likely you, asked for an account at ${host}. You have one already.`,
    'Sign in here, or choose a new password there:',
    url,
    'If it was not you, do nothing.',
  ),
})

export const addressMail = ({ to, url, host }: Words): Mail => ({
  to,
  subject: `Your new address at ${host}`,
  text: letter(
    `Somebody, most likely you, wants to sign in at ${host} with this e-mail address from now on.`,
    'Open this link to confirm it. It works once, within a day:',
    url,
    'If it was not you, do nothing: nothing changes then.',
  ),
})

/** For whoever wants an address that has an account: the page itself must not say so. */
export const addressTakenMail = ({ to, url, host }: Words): Mail => ({
  to,
  subject: `Your address at ${host}`,
  text: letter(
    `Somebody, most likely you, wants to use this e-mail address for another account at ${host}. It has an account already, and an address has one.`,
    'Sign in with it here, and change or delete that account first:',
    url,
    'If it was not you, do nothing: nothing changes.',
  ),
})

/** To the address of before. `url`: where the change is undone; null where nobody knows that the address was theirs. */
export const addressChangedMail = ({ to, host }: Omit<Words, 'url'>, email: string, url: string | null): Mail => ({
  to,
  subject: `Your address at ${host} was changed`,
  text: letter(
    `Your account at ${host} has another e-mail address now: ${line(email)}. All other sessions have ended.`,
    ...(url === null
      ? ['If it was not you, tell whoever runs this server.']
      : [
          'If it was you, do nothing. If it was not, open this link: it gives your account this address back with a new password, and ends every session. It works once, within seven days:',
          url,
          'Then look through the sessions, passkeys and sign-ins of your account.',
        ]),
  ),
})

export const lowCreditMail = (
  to: string,
  { mode, thresholdNano, creditNano }: Pick<Crossing, 'mode' | 'thresholdNano' | 'creditNano'>,
  url: string | null,
): Mail => ({
  to,
  subject: `Your ${mode} credit is below $${formatUsd(thresholdNano)}`,
  text: letter(
    `Your organization has $${formatUsd(creditNano)} of ${mode} credit left, which is less than the $${formatUsd(thresholdNano)} that you asked to be told at.`,
    'When it is used up, requests are refused. You are told again only once it has been above that.',
    ...(url === null ? [] : [`${url}/dashboard`]),
  ),
})

const letter = (...paragraphs: readonly string[]): string => `${paragraphs.join('\n\n')}\n`

/** What somebody chose as a name, on one line. */
const line = (text: string): string =>
  text
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 100)
