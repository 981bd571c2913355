import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Nano } from '../lib/amounts.ts'
import type { LeaseAsk, LeaseGrant } from '../store/store.ts'
import { createCredit, type Credit, type Hold, type HoldAnswer } from './credit.ts'

const organizationId = 'org_1'
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
  wantedNano: nano(amount),
  plentyNano: nano(0),
  ifShort: () => ({ wantedNano: nano(amount), floorNano: nano(amount) }),
})
const holdOf = (answer: HoldAnswer): Hold => {
  if (answer.hold === null) throw new Error(`refused with ${answer.availableNano} available`)
  return answer.hold
}

describe('holds', () => {
  test('200 concurrent requests against credit for 10: ten are let in, and not a nano more is held', async () => {
    const { leaseCredit } = createBank(10_000n)
    const { credit } = openCredit(leaseCredit)
    const answers = await Promise.all(Array.from({ length: 200 }, () => credit.hold(whole(1_000n))))
    expect(answers.filter(({ hold }) => hold !== null)).toHaveLength(10)
    expect(credit.idleNano(organizationId)).toBe(nano(0))
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
    bank.elsewhere = 0n
    expect(await credit.hold(whole(500n))).toEqual({ hold: null, availableNano: nano(120), heldNano: nano(0) })
  })

  test('a request that states no limit does not take all of a small balance', async () => {
    const { leaseCredit } = createBank(10_000n)
    const { credit } = openCredit(leaseCredit)
    const ask = {
      organizationId,
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
    expect(credit.returnIdle(10_000)).toEqual([{ organizationId, amountNano: nano(250) }])
    expect(credit.returnIdle(10_000)).toEqual([])
    expect(credit.idleNano(organizationId)).toBe(nano(0))
  })
})

type Step =
  | { readonly kind: 'hold'; readonly amount: number }
  | { readonly kind: 'settle'; readonly share: number }
  | { readonly kind: 'idle' }

test('whatever happens in whatever order, charges and leases never exceed the balance and nothing is lost', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('hold' as const), amount: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ kind: fc.constant('settle' as const), share: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ kind: fc.constant('idle' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 20_000 }), fc.array(step, { maxLength: 60 }), async (balance, steps) => {
      const { bank, leaseCredit } = createBank(BigInt(balance))
      const { credit, time } = openCredit(leaseCredit)
      const totals = await play(steps, credit, time)
      const held = totals.open.reduce((sum, hold) => sum + hold.amountNano, 0n)
      expect(bank.granted).toBe(totals.charged + totals.returned + held + credit.idleNano(organizationId))
      expect(totals.charged <= BigInt(balance)).toBe(true)
    }),
  )
})

async function play(steps: readonly Step[], credit: Credit, time: { now: number }) {
  const totals = { charged: 0n, returned: 0n, open: [] as Hold[] }
  for (const step of steps) {
    time.now += 1_000
    if (step.kind === 'hold') {
      const { hold } = await credit.hold({
        ...whole(BigInt(step.amount)),
        ifShort: () => ({ wantedNano: nano(step.amount), floorNano: nano(1) }),
      })
      if (hold) totals.open.push(hold)
    } else if (step.kind === 'settle') {
      const hold = totals.open.shift()
      if (hold) totals.charged += credit.settle(hold, nano((hold.amountNano * BigInt(step.share)) / 100n)).chargeNano
    } else {
      time.now += 20_000
      for (const { amountNano } of credit.returnIdle(10_000)) totals.returned += amountNano
    }
  }
  return totals
}
