import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Nano } from '../lib/amounts.ts'
import { modes, type LeaseAsk, type LeaseGrant, type Mode } from '../store/store.ts'
import { createCredit, type Credit, type Hold, type HoldAnswer } from './credit.ts'

const organizationId = 'org_1'
const mode: Mode = 'live'
const nano = (amount: number | bigint): Nano => BigInt(amount) as Nano

/** A store with one organization's money, by the rules of leases: cumulative, never below zero. */
function createBank(balance: bigint) {
  const bank = { available: balance, granted: 0n, elsewhere: 0n, asks: 0 }
  const leaseCredit = async ({ wantTotalNano }: LeaseAsk): Promise<LeaseGrant> => {
    bank.asks += 1
    await Promise.resolve()
    const short = wantTotalNano - bank.granted
    const delta = short < bank.available ? short : bank.available
    if (delta > 0n) {
      bank.granted += delta
      bank.available -= delta
    }
    return { grantedNano: bank.granted, availableNano: bank.available, leasedElsewhereNano: bank.elsewhere }
  }
  return { bank, leaseCredit }
}

function openCredit(leaseCredit: (ask: LeaseAsk) => Promise<LeaseGrant>) {
  const time = { now: 0 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  return { time, credit: createCredit({ leaseCredit, nodeId: 1, epoch: 1, clock, ship: () => Promise.resolve() }) }
}

const whole = (amount: bigint) => ({
  organizationId,
  mode,
  wantedNano: nano(amount),
  plentyNano: nano(0),
  ifShort: () => ({ wantedNano: nano(amount), floorNano: nano(amount) }),
})
const holdOf = (answer: HoldAnswer): Hold => {
  if (answer.hold === null) throw new Error(`refused with ${answer.availableNano} available`)
  return answer.hold
}

describe('holds', () => {
  test('what is reserved leaves the lease for good, until it is given back', async () => {
    const { bank, leaseCredit } = createBank(1_000n)
    const { credit } = openCredit(leaseCredit)
    const hold = holdOf(await credit.hold(whole(700n)))
    credit.reserve(hold)
    expect(() => credit.settle(hold, nano(1))).toThrow('settled once')
    expect(credit.idleNano(organizationId, mode) + bank.available).toBe(300n)
    expect((await credit.hold(whole(400n))).hold).toBeNull()
    credit.giveBack({ organizationId, mode, amountNano: hold.amountNano })
    expect(holdOf(await credit.hold(whole(900n))).amountNano).toBe(nano(900))
  })

  test('what costs nothing needs neither credit nor the store, and is settled at nothing', () => {
    const { bank, leaseCredit } = createBank(0n)
    const { credit } = openCredit(leaseCredit)
    const answer = credit.hold(whole(0n))
    if (answer instanceof Promise) throw new Error('it waited')
    expect(credit.settle(holdOf(answer), nano(0))).toEqual({ chargeNano: nano(0), writeOffNano: nano(0) })
    expect(bank.asks).toBe(0)
  })

  test('200 concurrent requests against credit for 10: ten are let in, and not a nano more is held', async () => {
    const { leaseCredit } = createBank(10_000n)
    const { credit } = openCredit(leaseCredit)
    const answers = await Promise.all(Array.from({ length: 200 }, () => credit.hold(whole(1_000n))))
    expect(answers.filter(({ hold }) => hold !== null)).toHaveLength(10)
    expect(credit.idleNano(organizationId, mode)).toBe(nano(0))
  })

  test('the lease answers at once while it lasts, without asking the store', async () => {
    const { bank, leaseCredit } = createBank(1_000_000_000_000n)
    const { credit } = openCredit(leaseCredit)
    credit.settle(holdOf(await credit.hold(whole(5_000n))), nano(10))
    const asks = bank.asks
    const answer = credit.hold(whole(4_000n))
    expect(answer).not.toBeInstanceOf(Promise)
    expect(bank.asks).toBe(asks)
  })

  test('credit that is short gives what it can, but not less than is of use', async () => {
    const { leaseCredit } = createBank(700n)
    const { credit } = openCredit(leaseCredit)
    const ask = {
      organizationId,
      mode,
      wantedNano: nano(1_000),
      plentyNano: nano(0),
      ifShort: () => ({ wantedNano: nano(1_000), floorNano: nano(100) }),
    }
    expect(holdOf(await credit.hold(ask)).amountNano).toBe(nano(700))
    expect(await credit.hold(ask)).toEqual({ hold: null, availableNano: nano(0), heldNano: nano(700) })
  })

  test('a refusal says what requests in flight hold, here and elsewhere, and no more when they have ended', async () => {
    const { bank, leaseCredit } = createBank(1_000n)
    bank.elsewhere = 250n
    const { credit } = openCredit(leaseCredit)
    const held = holdOf(await credit.hold(whole(900n)))
    expect(await credit.hold(whole(500n))).toEqual({ hold: null, availableNano: nano(100), heldNano: nano(1_150) })
    credit.settle(held, nano(880))
    expect(credit.availableNano(organizationId, mode)).toBe(nano(120))
    bank.elsewhere = 0n
    expect(await credit.hold(whole(500n))).toEqual({ hold: null, availableNano: nano(120), heldNano: nano(0) })
  })

  test('a request that states no limit does not take all of a small balance', async () => {
    const { leaseCredit } = createBank(10_000n)
    const { credit } = openCredit(leaseCredit)
    const ask = {
      organizationId,
      mode,
      wantedNano: nano(1_920),
      plentyNano: nano(38_400),
      ifShort: () => ({ wantedNano: nano(250), floorNano: nano(10) }),
    }
    const holds = await Promise.all(Array.from({ length: 40 }, () => credit.hold(ask)))
    expect(holds.map((answer) => holdOf(answer).amountNano)).toEqual(Array.from({ length: 40 }, () => nano(250)))
  })

  test('a store that is away refuses what the lease does not cover, and nothing else', async () => {
    const { leaseCredit } = createBank(1_000_000n)
    let isAway = false
    const { credit } = openCredit((ask) => (isAway ? Promise.reject(new Error('away')) : leaseCredit(ask)))
    const hold = holdOf(await credit.hold(whole(1_000n)))
    isAway = true
    await expect(Promise.resolve(credit.hold(whole(1_000n)))).rejects.toThrow('away')
    credit.settle(hold, nano(0))
    expect(holdOf(await credit.hold(whole(1_000n))).amountNano).toBe(nano(1_000))
  })
})

describe('settling', () => {
  test('more than the hold is captured from the lease as far as it goes; the rest is written off', async () => {
    const { leaseCredit } = createBank(1_000n)
    const { credit } = openCredit(leaseCredit)
    const hold = holdOf(await credit.hold(whole(1_000n)))
    expect(credit.settle(hold, nano(1_500))).toEqual({ chargeNano: nano(1_000), writeOffNano: nano(500) })
  })

  test('a hold is settled once', async () => {
    const { leaseCredit } = createBank(1_000n)
    const { credit } = openCredit(leaseCredit)
    const hold = holdOf(await credit.hold(whole(10n)))
    credit.settle(hold, nano(1))
    expect(() => credit.settle(hold, nano(1))).toThrow('once')
  })

  test('idle credit goes back, and never what a request holds', async () => {
    const { leaseCredit } = createBank(1_000n)
    const { credit, time } = openCredit(leaseCredit)
    const hold = holdOf(await credit.hold(whole(400n)))
    time.now = 60_000
    expect(credit.returnIdle(10_000)).toEqual([])
    credit.settle(hold, nano(150))
    expect(credit.returnIdle(10_000)).toEqual([{ organizationId, mode, amountNano: nano(250) }])
    expect(credit.returnIdle(10_000)).toEqual([])
    expect(credit.idleNano(organizationId, mode)).toBe(nano(0))
  })
})

type Step =
  | { readonly kind: 'hold'; readonly mode: Mode; readonly amount: number }
  | { readonly kind: 'settle'; readonly share: number }
  | { readonly kind: 'idle' }

test('whatever happens in whatever order, charges and leases never exceed the balance of their mode, and nothing is lost', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('hold' as const),
      mode: fc.constantFrom(...modes),
      amount: fc.integer({ min: 1, max: 2_000 }),
    }),
    fc.record({ kind: fc.constant('settle' as const), share: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ kind: fc.constant('idle' as const) }),
  )
  const balance = fc.integer({ min: 0, max: 20_000 })
  const balances = fc.record({ test: balance, live: balance })
  await fc.assert(
    fc.asyncProperty(balances, fc.array(step, { maxLength: 60 }), async (balanceOf, steps) => {
      const banks = { test: createBank(BigInt(balanceOf.test)), live: createBank(BigInt(balanceOf.live)) }
      const { credit, time } = openCredit((ask) => banks[ask.mode].leaseCredit(ask))
      const totals = await play(steps, credit, time)
      for (const each of modes) {
        const { charged, returned, open } = totals[each]
        const held = open.reduce((sum, hold) => sum + hold.amountNano, 0n)
        expect(banks[each].bank.granted).toBe(charged + returned + held + credit.idleNano(organizationId, each))
        expect(charged <= BigInt(balanceOf[each])).toBe(true)
      }
    }),
  )
})

type Totals = { charged: bigint; returned: bigint; readonly open: Hold[] }

async function play(steps: readonly Step[], credit: Credit, time: { now: number }) {
  const newTotals = (): Totals => ({ charged: 0n, returned: 0n, open: [] })
  const totals: Readonly<Record<Mode, Totals>> = { test: newTotals(), live: newTotals() }
  const holds: Hold[] = []
  for (const step of steps) {
    time.now += 1_000
    if (step.kind === 'hold') {
      const { hold } = await credit.hold({
        ...whole(BigInt(step.amount)),
        mode: step.mode,
        ifShort: () => ({ wantedNano: nano(step.amount), floorNano: nano(1) }),
      })
      if (hold) holds.push(hold)
    } else if (step.kind === 'settle') {
      const hold = holds.shift()
      if (hold)
        totals[hold.mode].charged += credit.settle(hold, nano((hold.amountNano * BigInt(step.share)) / 100n)).chargeNano
    } else {
      time.now += 20_000
      for (const { mode: of, amountNano } of credit.returnIdle(10_000)) totals[of].returned += amountNano
    }
  }
  for (const hold of holds) totals[hold.mode].open.push(hold)
  return totals
}
