import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Nano } from '../lib/amounts.ts'
import type { KeyRow } from '../store/store.ts'
import { newGcra, standing, take, waitMs } from '../lib/gcra.ts'
import { budgetLeftNano, createLimits, periodStart, type Limits, type Rejection, type Ticket } from './limits.ts'

const key = (limits: Partial<KeyRow>): KeyRow => ({
  id: 'key_1',
  organizationId: 'org_1',
  mode: 'live',
  name: 'test',
  prefix: 'sk-bf-0000',
  hash: '',
  replaced: [],
  region: 'us',
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetNano: null,
  budgetPeriod: null,
  models: null,
  endpoints: null,
  addresses: null,
  expiresAt: null,
  revokedAt: null,
  createdAt: 0,
  ...limits,
})

const monday = Date.UTC(2026, 10, 23)
function openLimits() {
  const time = { now: monday }
  return { time, limits: createLimits({ now: () => time.now, monotonic: () => time.now }) }
}
const ticketOf = (entered: Ticket | Rejection): Ticket => {
  if ('leave' in entered) return entered
  throw new Error(`rejected: ${JSON.stringify(entered)}`)
}
/** With its tokens, as a call comes in. */
function enter(limits: Limits, row: KeyRow, tokensGuess: number): Ticket | Rejection {
  const entered = limits.enter(row)
  if (!('leave' in entered)) return entered
  const rejection = entered.takeTokens(tokensGuess)
  if (rejection) entered.leave(nothing)
  return rejection ?? entered
}
const nothing = { tokens: 0, chargeNano: 0n as Nano }

describe('rate limits', () => {
  test('a minute admits the limit and not one more, and says truly when the next one fits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 1_000_000 }), (perMinute, start) => {
        const gcra = newGcra()
        let admitted = 0
        while (waitMs(gcra, perMinute, 1, start) === 0 && admitted <= perMinute) {
          take(gcra, perMinute, 1, start)
          admitted += 1
        }
        expect(admitted).toBe(perMinute)
        expect(standing(gcra, perMinute, start).remaining).toBe(0)
        const wait = waitMs(gcra, perMinute, 1, start)
        expect(waitMs(gcra, perMinute, 1, start + wait)).toBe(0)
      }),
    )
  })

  test('what remains counts down, and is whole again after the reset', () => {
    const { limits, time } = openLimits()
    const limited = key({ rpm: 60 })
    for (let number = 0; number < 45; number += 1) ticketOf(enter(limits, limited, 0)).leave(nothing)
    expect(limits.standings(limited).requests).toEqual({ limit: 60, remaining: 15, resetMs: 45_000 })
    time.now += 45_000
    expect(limits.standings(limited).requests).toEqual({ limit: 60, remaining: 60, resetMs: 0 })
  })

  test('tokens are charged by guess and put right by what was used', () => {
    const { limits } = openLimits()
    const limited = key({ tpm: 1_000 })
    ticketOf(enter(limits, limited, 600)).leave({ ...nothing, tokens: 100 })
    expect(limits.standings(limited).tokens?.remaining).toBe(900)
    ticketOf(enter(limits, limited, 100)).leave({ ...nothing, tokens: 5_000 })
    expect(limits.standings(limited).tokens?.remaining).toBe(0)
    expect(enter(limits, limited, 1)).toMatchObject({ limit: 'tokens', used: 1_000, allowed: 1_000 })
  })

  test('a request refused for tokens has not used up a request', () => {
    const { limits } = openLimits()
    const limited = key({ rpm: 10, tpm: 100 })
    ticketOf(enter(limits, limited, 100))
    expect(enter(limits, limited, 50)).toMatchObject({ limit: 'tokens' })
    expect(limits.standings(limited).requests?.remaining).toBe(9)
  })

  test('only so many run at once, and a place is free again when one ends', () => {
    const { limits } = openLimits()
    const limited = key({ concurrency: 2 })
    const first = ticketOf(enter(limits, limited, 0))
    ticketOf(enter(limits, limited, 0))
    expect(enter(limits, limited, 0)).toEqual({ limit: 'concurrency', used: 2, allowed: 2, retryAfterMs: 1_000 })
    first.leave(nothing)
    ticketOf(enter(limits, limited, 0))
  })

  test('a new limit counts what the old one let through', () => {
    const { limits } = openLimits()
    for (let number = 0; number < 30; number += 1) ticketOf(enter(limits, key({ rpm: 60 }), 0)).leave(nothing)
    expect(limits.standings(key({ rpm: 120 })).requests?.remaining).toBe(90)
  })
})

describe('budgets', () => {
  const nano = (amount: number): Nano => BigInt(amount) as Nano
  const budgeted = key({ budgetNano: 1_000n, budgetPeriod: 'day' })

  test('what is spent and what is held count; what is released counts no more', () => {
    const { limits } = openLimits()
    limits.holdBudget(budgeted.id, nano(300))
    ticketOf(enter(limits, budgeted, 0)).leave({ tokens: 0, chargeNano: nano(200) })
    expect(budgetLeftNano(limits.budget(budgeted)!)).toBe(nano(500))
    limits.releaseBudget(budgeted.id, nano(300))
    expect(budgetLeftNano(limits.budget(budgeted)!)).toBe(nano(800))
  })

  test('a new day starts at nothing spent; the week goes on', () => {
    const { limits, time } = openLimits()
    ticketOf(enter(limits, budgeted, 0)).leave({ tokens: 0, chargeNano: nano(200) })
    time.now += 86_400_000
    expect(limits.budget(budgeted)?.spentNano).toBe(nano(0))
    expect(limits.budget(key({ budgetNano: 1_000n, budgetPeriod: 'week' }))?.spentNano).toBe(nano(200))
  })

  test('what is reserved is held of a budget until it ends, then its charge is spent of it', () => {
    const { limits } = openLimits()
    limits.holdBudget(budgeted.id, nano(700))
    expect(budgetLeftNano(limits.budget(budgeted)!)).toBe(nano(300))
    limits.releaseBudget(budgeted.id, nano(700))
    limits.charge(budgeted.id, nano(450))
    expect(limits.budget(budgeted)).toMatchObject({ spentNano: nano(450), heldNano: nano(0) })
    limits.charge(budgeted.id, nano(0))
    expect(budgetLeftNano(limits.budget(budgeted)!)).toBe(nano(550))
  })

  test('spending from before this process counts', () => {
    const { limits } = openLimits()
    limits.loadSpending('day', [{ keyId: budgeted.id, chargeNano: 990n }])
    expect(budgetLeftNano(limits.budget(budgeted)!)).toBe(nano(10))
  })

  test('periods begin at midnight, on Monday and on the first, UTC', () => {
    const now = Date.UTC(2026, 10, 26, 13, 14)
    const starts = (['day', 'week', 'month', 'total'] as const).map((period) =>
      new Date(periodStart(period, now)).toISOString().slice(0, 10),
    )
    expect(starts).toEqual(['2026-11-26', '2026-11-23', '2026-11-01', '1970-01-01'])
  })
})
