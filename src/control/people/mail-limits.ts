/**
 * Limits of the mails that people have sent to others, so that nobody makes a relay of this server, and no stranger keeps
 * somebody from a link of theirs. Each mail counts for whoever asks, for their network, for the organization it is about,
 * and for the mailbox, apart for each kind; operators' mails are not counted.
 */
import { createAllowances, takeOfEach } from '../../lib/allowances.ts'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/http-server/client-address.ts'

export type InvitationMail = {
  readonly email: string
  readonly personId: string
  readonly organizationId: string
  readonly address: string
  /** Whether anybody could have made the organization, and nobody paid for it. */
  readonly isUnpaid: boolean
}
export type AddressMail = { readonly email: string; readonly personId: string; readonly address: string }
export type LinkMail = {
  readonly kind: 'password' | 'sign-up'
  readonly email: string
  readonly address: string
  /** Whether an earlier link to the mailbox works still, or the mail has none. */
  readonly isOptional: boolean
}
export type MailLimits = {
  /** Counts an invitation, and gives 0; or how long to wait, in ms, without counting. */
  readonly invite: (mail: InvitationMail) => number
  /** Counts a mail to an address that somebody wants to have, and gives 0; or how long to wait, in ms, without counting. */
  readonly change: (mail: AddressMail) => number
  /** Whether a link may be mailed, which is counted then. */
  readonly mayLink: (mail: LinkMail) => boolean
}

export const perPersonMax = 20
export const perOrganizationMax = 200
export const perUnpaidMax = 10
export const perNetworkMax = 30
export const invitationsPerMailboxMax = 5
export const linksPerHourMax = 3
export const linksPerDayMax = 6
/** Of those to addresses that nobody vouched for: sign-ups, changes of an address, and invitations to what nobody paid for. */
export const strangersMax = 1_000

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export function createMailLimits(clock: Pick<Clock, 'monotonic'>): MailLimits {
  const within = (wholeMs: number) => (max: number) => createAllowances({ max, wholeMs }, clock)
  const [hourly, daily] = [within(hourMs), within(dayMs)]
  const persons = hourly(perPersonMax)
  const networks = hourly(perNetworkMax)
  const organizations = daily(perOrganizationMax)
  const unpaid = daily(perUnpaidMax)
  const invited = daily(invitationsPerMailboxMax)
  const linksOfHour = hourly(linksPerHourMax)
  const linksOfDay = daily(linksPerDayMax)
  const strangers = daily(strangersMax)
  return {
    invite: ({ email, personId, organizationId, address, isUnpaid }) =>
      takeOfEach([
        [persons, personId],
        [networks, networkOf(address)],
        [invited, email],
        [organizations, organizationId],
        ...(isUnpaid
          ? ([
              [unpaid, organizationId],
              [strangers, ''],
            ] as const)
          : []),
      ]),
    change: ({ email, personId, address }) =>
      takeOfEach([
        [persons, personId],
        [networks, networkOf(address)],
        [linksOfHour, `email ${email}`],
        [linksOfDay, `email ${email}`],
        [strangers, ''],
      ]),
    mayLink({ kind, email, address, isOptional }) {
      const mailbox = `${kind} ${email}`
      const asker = [[networks, networkOf(address)], ...(kind === 'sign-up' ? [[strangers, ''] as const] : [])] as const
      const isFew = takeOfEach([...asker, [linksOfHour, mailbox], [linksOfDay, mailbox]]) === 0
      // Whatever strangers asked for, its owner has a link that works, or is sent one.
      return isFew || (!isOptional && takeOfEach(asker) === 0)
    },
  }
}
