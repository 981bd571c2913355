import { describe, expect, test } from 'bun:test'
import {
  createMailLimits,
  invitationsPerMailboxMax,
  linksPerDayMax,
  linksPerHourMax,
  perNetworkMax,
  perOrganizationMax,
  perPersonMax,
  perUnpaidMax,
  strangersMax,
} from './mail-limits.ts'

const hourMs = 3_600_000

function opened() {
  const time = { now: 1_000_000 }
  const limits = createMailLimits({ monotonic: () => time.now })
  let last = 0
  /** One more of something. */
  const next = (name: string): string => `${name}${(last += 1)}`
  const address = (): string => `2001:db8:${((last += 1) % 65_536).toString(16)}:1::1`
  const invite = (given: Partial<Parameters<typeof limits.invite>[0]> = {}): number => {
    const others = { email: next('mail'), personId: next('per'), organizationId: next('org'), address: address() }
    return limits.invite({ ...others, isUnpaid: false, ...given })
  }
  const link = (given: Partial<Parameters<typeof limits.mayLink>[0]> = {}): boolean =>
    limits.mayLink({ kind: 'password', email: next('mail'), address: address(), isOptional: true, ...given })
  const many = (work: () => boolean): number => {
    for (let times = 0; ; times += 1) if (!work()) return times
  }
  return { time, invite, link, many }
}

describe('invitations', () => {
  test('are mailed so often for a person, a network, an organization, one that nobody paid for, and to a mailbox', () => {
    const { invite, many } = opened()
    const may = (given: Parameters<typeof invite>[0]) => many(() => invite(given) === 0)
    expect([
      may({ personId: 'ann' }),
      may({ address: '192.0.2.1' }),
      may({ organizationId: 'acme' }),
      may({ organizationId: 'new', isUnpaid: true }),
      may({ email: 'victim@example.com' }),
    ]).toEqual([perPersonMax, perNetworkMax, perOrganizationMax, perUnpaidMax, invitationsPerMailboxMax])
  })

  test('of many organizations that nobody paid for are so many together, and say how long to wait; those that are paid go on', () => {
    const { invite, many, time } = opened()
    expect(many(() => invite({ isUnpaid: true }) === 0)).toBe(strangersMax)
    const wait = invite({ isUnpaid: true })
    expect(wait).toBe(86_400)
    expect(invite()).toBe(0)
    time.now += wait
    expect(invite({ isUnpaid: true })).toBe(0)
  })
})

describe('links', () => {
  test('to a mailbox are three in an hour and six in a day, and beyond one where none works; new passwords and sign-ups apart', () => {
    const { link, many, time } = opened()
    const to = { email: 'ann@example.com' }
    expect(many(() => link(to))).toBe(linksPerHourMax)
    expect(link({ ...to, isOptional: false })).toBe(true)
    expect(link({ ...to, kind: 'sign-up' })).toBe(true)
    time.now += hourMs
    expect(many(() => link(to))).toBe(linksPerDayMax - linksPerHourMax)
    time.now += hourMs
    expect(link(to)).toBe(false)
    expect(link({ ...to, isOptional: false })).toBe(true)
  })

  test('are thirty an hour for a network, to whomever; who asks from elsewhere is not kept from theirs', () => {
    const { link, many } = opened()
    const from = { address: '192.0.2.1', isOptional: false }
    expect(many(() => link(from))).toBe(perNetworkMax)
    expect(link({ isOptional: false })).toBe(true)
  })

  test('for signing up are a thousand a day in all, and those for new passwords go on', () => {
    const { link, many } = opened()
    expect(many(() => link({ kind: 'sign-up', isOptional: false }))).toBe(strangersMax)
    expect(link()).toBe(true)
  })
})
