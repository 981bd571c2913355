/** Credit that is called back while requests use it: the store and the journal answer in any order here. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Nano } from '../lib/amounts.ts'
import type { LeaseAsk, LeaseGrant } from '../store/store.ts'
import { createCredit, type Credit } from './credit.ts'

const organizationId = 'org_1'
const mode = 'live'
const nano = (amount: bigint): Nano => amount as Nano

/** A step that may come at any time, in any order with others. */
type Sometime = <T>(act: () => T) => Promise<T>

/** A store with one organization's money; `sometime` is when each of its answers comes. */
function openBank(balanceNano: bigint, sometime: Sometime) {
  const bank = { available: balanceNano, granted: 0n, returned: 0n, revoked: 0n }
  const leaseCredit = ({ wantTotalNano }: LeaseAsk): Promise<LeaseGrant> =>
    sometime(() => {
      const short = wantTotalNano - bank.granted
      const added = short < bank.available ? short : bank.available
      if (added > 0n) {
        bank.granted += added
        bank.available -= added
      }
      return { grantedNano: bank.granted, availableNano: bank.available, leasedElsewhereNano: 0n }
    })
  const clock = { now: () => 0, monotonic: () => 0 }
  const credit = createCredit({ leaseCredit, nodeId: 1, epoch: 1, clock, ship: () => sometime(() => undefined) })
  /** All of the amount or nothing, as the store does it; the amount returned is on its way through the journal first. */
  const revoke = (amountNano: bigint): Promise<boolean> =>
    credit.recall(organizationId, mode, async (returned) => {
      await sometime(() => {
        bank.available += returned.amountNano
        bank.returned += returned.amountNano
      })
      return sometime(() => {
        if (amountNano > bank.available) return false
        bank.available -= amountNano
        bank.revoked += amountNano
        return true
      })
    })
  return { bank, credit, revoke }
}

const holdOf = (credit: Credit, amountNano: bigint) =>
  Promise.resolve(
    credit.hold({
      organizationId,
      mode,
      wantedNano: nano(amountNano),
      plentyNano: nano(0n),
      ifShort: () => ({ wantedNano: nano(amountNano), floorNano: nano(amountNano) }),
    }),
  )

test('revocations and requests at once, in whatever order the store answers: nothing is overdrawn, lost or revoked twice', async () => {
  const request = fc.record({ hold: fc.bigInt({ min: 1n, max: 400n }), share: fc.bigInt({ min: 0n, max: 150n }) })
  const revocation = fc.record({ revoke: fc.bigInt({ min: 1n, max: 1_000n }) })
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.bigInt({ min: 0n, max: 2_000n }),
      fc.array(fc.oneof({ arbitrary: request, weight: 3 }, revocation), { minLength: 1, maxLength: 25 }),
      async (scheduler, balanceNano, acts) => {
        const sometime: Sometime = (act) => scheduler.schedule(Promise.resolve()).then(act)
        const { bank, credit, revoke } = openBank(balanceNano, sometime)
        let charged = 0n
        let granted = 0n
        const serve = async (act: { hold: bigint; share: bigint }): Promise<void> => {
          await sometime(() => undefined)
          const { hold } = await holdOf(credit, act.hold)
          if (!hold) return
          const rated = nano((hold.amountNano * act.share) / 100n)
          await sometime(() => undefined)
          if (rated > hold.amountNano) await credit.cover(hold, nano(rated - hold.amountNano))
          charged += credit.settle(hold, rated).chargeNano
        }
        const takeBack = async (amountNano: bigint): Promise<void> => {
          await sometime(() => undefined)
          if (await revoke(amountNano)) granted -= amountNano
        }
        const all = acts.map((act) => ('revoke' in act ? takeBack(act.revoke) : serve(act)))
        await scheduler.waitFor(Promise.all(all))
        const idle = credit.idleNano(organizationId, mode)
        expect(bank.available >= 0n && idle >= 0n).toBe(true)
        expect(bank.granted).toBe(charged + bank.returned + idle)
        expect(bank.revoked).toBe(-granted)
        expect(balanceNano).toBe(bank.revoked + charged + bank.available + idle)
      },
    ),
    { numRuns: 300 },
  )
})

const later: Sometime = (act) => Promise.resolve().then(act)

test('what is leased and idle can be revoked to the last nano while another request holds its own', async () => {
  const { bank, credit, revoke } = openBank(1_000n, later)
  const { hold } = await holdOf(credit, 300n)
  const done = await holdOf(credit, 600n)
  credit.settle(done.hold!, nano(0n))
  expect(credit.idleNano(organizationId, mode)).toBe(nano(600n))
  expect(await revoke(701n)).toBe(false)
  expect(await revoke(700n)).toBe(true)
  expect(credit.settle(hold!, nano(300n))).toEqual({ chargeNano: nano(300n), writeOffNano: nano(0n) })
  expect(bank).toMatchObject({ available: 0n, revoked: 700n })
})

test('a request that comes during a revocation waits for it, and is let in by what that leaves', async () => {
  const gate = Promise.withResolvers<void>()
  let isOpen = true
  const { bank, credit, revoke } = openBank(1_000n, (act) => (isOpen ? Promise.resolve() : gate.promise).then(act))
  credit.settle((await holdOf(credit, 1_000n)).hold!, nano(0n))
  isOpen = false
  const revoking = revoke(600n)
  await new Promise(setImmediate)
  expect(credit.idleNano(organizationId, mode)).toBe(nano(0n))
  const [fits, fitsAsWell, not] = [holdOf(credit, 300n), holdOf(credit, 100n), holdOf(credit, 100n)]
  isOpen = true
  gate.resolve()
  expect(await revoking).toBe(true)
  expect([(await fits).hold?.amountNano, (await fitsAsWell).hold?.amountNano]).toEqual([nano(300n), nano(100n)])
  expect(await not).toMatchObject({ hold: null, availableNano: nano(0n) })
  expect(bank.revoked).toBe(600n)
})

test('a revocation that fails leaves the organization’s requests as they were', async () => {
  const { credit } = openBank(1_000n, later)
  credit.settle((await holdOf(credit, 500n)).hold!, nano(0n))
  const failing = credit.recall(organizationId, mode, () => Promise.reject(new Error('the store is away')))
  const meanwhile = holdOf(credit, 200n)
  expect(await failing.catch((error: unknown) => String(error))).toContain('the store is away')
  expect((await meanwhile).hold?.amountNano).toBe(nano(200n))
})
