/** That every report is the same figure as the ledger's, whatever happened, in which order it was copied and however often the copying broke off. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { percentileErrorMax } from '../lib/histogram.ts'
import { openReportsDb } from '../store/reports-db/open-reports-db.ts'
import type { ReportsDb, Sums } from '../store/reports-db/reports-db.ts'
import {
  beginning,
  ending,
  events,
  openTraffic,
  owners,
  type Owner,
  type Traffic,
} from '../store/reports-db/traffic.ts'
import { spendKinds, spendOf } from '../store/spend.ts'
import type { Settlement } from '../store/store.ts'
import type { Figures } from './figures.ts'
import { everything, together } from './measured.ts'
import { statementOf } from './statement.ts'
import { dateStart, slotBounds, type ZonedSpan } from './time-slots.ts'
import { inOne } from './turns.ts'
import { usageOverTime } from './usage-over-time.ts'

const zones = ['America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham'] as const
const wholeSpan = { from: beginning - 86_400_000, to: ending + 86_400_000 }
const runs = 12

/** What was charged to an owner. */
const chargedTo = ({ charged, reserved }: Traffic, { organizationId, mode }: Owner) =>
  [...charged, ...reserved.map(({ settlement }) => settlement)].filter(
    (each) => each.organizationId === organizationId && each.mode === mode,
  )

/** The date that a time has in a zone, by another way than the one that is tested. */
const dateIn = (zone: string) => {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  return (at: number): string => format.format(at)
}

/** Copies all there is, in steps of some size. */
function copyAll(db: ReportsDb, step: number): void {
  while (db.step(step).isMore);
}

/** The figures of all models of an owner, as `mart usage` has them. */
async function expectAsLedger(traffic: Traffic, db: ReportsDb, owner: Owner): Promise<void> {
  const [cells = []] = db.usage({ scope: owner, where: {}, by: ['model'], bounds: boundsOf(wholeSpan), ...everything })
  const known = await traffic.store.usage({ ...owner, by: 'model', ...wholeSpan })
  const told = cells.map(({ group, sums }) => {
    const { rejected: _, imageTokens: _images, costNano: _cost, toolNano: _tools, ...counted } = sums
    const {
      inputNano: _input,
      cachedInputNano: _cached,
      outputNano: _output,
      reasoningNano: _reasoning,
      ...known
    } = counted
    return { group: group[0]!, ...known }
  })
  const byGroup = (a: { group: string }, b: { group: string }): number => a.group.localeCompare(b.group)
  expect(told.toSorted(byGroup)).toEqual(known.toSorted(byGroup))
  const captured = (await traffic.store.transfers(owner.organizationId))
    .filter(({ kind, mode }) => mode === owner.mode && (kind === 'capture' || kind === 'capture-reserved'))
    .reduce((sum, { amountNano }) => sum + amountNano, 0n)
  const { sums } = together(cells)
  expect(sums.chargeNano).toBe(captured)
  expectSpend(sums, chargedTo(traffic, owner))
}

/** What charges were for is what their receipts say, kind by kind, and adds up to them; so does what they cost. */
function expectSpend(sums: Readonly<Sums>, charges: readonly Settlement[]): void {
  const spent = charges.map(spendOf)
  const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)
  for (const kind of spendKinds) expect(sums[`${kind}Nano`]).toBe(sumOf(spent.map((each) => each[kind])))
  expect(sumOf(spendKinds.map((kind) => sums[`${kind}Nano`]))).toBe(sums.chargeNano)
  expect(sums.costNano).toBe(sumOf(charges.map(({ costNano }) => BigInt(costNano))))
  expect(sums.images).toBe(charges.reduce((sum, { images = 0 }) => sum + images, 0))
}
const boundsOf = ({ from, to }: { from: number; to: number }): number[] => [from, to]

/** Every day of the statement has what was charged on it, closes with what the next one opens with, and the last with the balance. */
async function expectStatement(traffic: Traffic, db: ReportsDb, owner: Owner, zone: string): Promise<void> {
  const span = daysIn(zone)
  const { days, total, credits } = statementOf(db, owner, span)
  const dateOf = dateIn(zone)
  const charges = chargedTo(traffic, owner)
  for (const [index, day] of days.entries()) {
    const within = charges.filter(({ admittedAt }) => dateOf(admittedAt) === day.day)
    expect(BigInt(day.usageNano)).toBe(within.reduce((sum, { chargeNano }) => sum + BigInt(chargeNano), 0n))
    expect(day.requests).toBe(within.length)
    expect(day.openingNano).toBe(days[index - 1]?.closingNano ?? total.openingNano)
    const [opening, grants, topUps, usage, reversals] = [
      day.openingNano,
      day.grantsNano,
      day.topUpsNano,
      day.usageNano,
      day.reversalsNano,
    ].map(BigInt) as [bigint, bigint, bigint, bigint, bigint]
    expect(BigInt(day.closingNano)).toBe(opening + grants + topUps - usage + reversals)
  }
  const { balanceNano, reservedNano } = await traffic.store.balance(owner.organizationId, owner.mode)
  expect(total.closingNano).toBe(balanceNano.toString())
  expect(days.at(-1)!.closingNano).toBe(balanceNano.toString())
  expect(total.reservedNano).toBe(reservedNano.toString())
  const came = credits.reduce((sum, { amountNano }) => sum + BigInt(amountNano), 0n)
  expect(BigInt(total.grantsNano) + BigInt(total.reversalsNano)).toBe(came)
}
const daysIn = (zone: string): ZonedSpan => ({
  from: dateStart('2026-10-29', zone),
  to: dateStart('2026-11-06', zone),
  zone,
})

/** Hours and days of the zone have what was used in them, and percentiles are within their error. */
function expectOverTime(traffic: Traffic, db: ReportsDb, owner: Owner, zone: string): void {
  const span = daysIn(zone)
  const charges = chargedTo(traffic, owner)
  for (const unit of ['day', 'hour', 'month'] as const) {
    const metrics = ['spend', 'requests', 'latencyP95'] as const
    const asked = { scope: owner, span, unit, metrics, where: {}, by: [], top: 8, isOperator: false }
    const { series } = inOne(usageOverTime(db, asked, () => null))
    const bounds = slotBounds(span, unit)
    const [spend, requests, latency] = series.map(({ values }) => values)
    for (const [slot, from] of bounds.slice(0, -1).entries()) {
      const within = charges.filter(({ admittedAt }) => admittedAt >= from && admittedAt < bounds[slot + 1]!)
      expect(spend![slot]).toBe(within.reduce((sum, { chargeNano }) => sum + BigInt(chargeNano), 0n).toString())
      expect(requests![slot]).toBe(within.length)
      const durations = within.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
      const exact = durations[Math.ceil(0.95 * durations.length) - 1]
      if (exact === undefined) expect(latency![slot]).toBeNull()
      else
        expect(Math.abs((latency![slot] as number) - exact)).toBeLessThanOrEqual(
          Math.max(0.5, exact * (percentileErrorMax + 0.005)),
        )
    }
  }
}

/** The same days a span earlier, whose clocks went otherwise, are what the span is compared with, as a whole and slot by slot. */
function expectPrevious(traffic: Traffic, db: ReportsDb, owner: Owner, zone: string): void {
  const [from, to] = ['2026-11-01', '2026-11-03'].map((date) => dateStart(date, zone)) as [number, number]
  const before = ['2026-10-30', '2026-10-31', '2026-11-01'].map((date) => dateStart(date, zone))
  const metrics = ['spend', 'cost', 'margin', 'imageSpend'] as const
  const asked = { scope: owner, span: { from, to, zone }, unit: 'day', metrics, where: {}, by: [], top: 8 } as const
  const { total, previous } = inOne(usageOverTime(db, { ...asked, isOperator: true }, () => null))
  const within = (first: number, last: number): readonly Settlement[] =>
    chargedTo(traffic, owner).filter(({ admittedAt }) => admittedAt >= first && admittedAt < last)
  const moneyOf = (charges: readonly Settlement[]) => {
    const sumOf = (amount: (of: Settlement) => bigint): bigint => charges.reduce((sum, of) => sum + amount(of), 0n)
    const [charge, cost] = [sumOf((of) => BigInt(of.chargeNano)), sumOf((of) => BigInt(of.costNano))]
    return [charge, cost, charge - cost, sumOf((of) => spendOf(of).image)].map(String)
  }
  const told = ({ chargeNano, costNano, marginNano, imageNano }: Figures) => [
    chargeNano,
    costNano,
    marginNano,
    imageNano,
  ]
  expect(told(total)).toEqual(moneyOf(within(from, to)))
  expect(told(previous.total)).toEqual(moneyOf(within(before[0]!, from)))
  expect([previous.from, previous.to]).toEqual([before[0]!, from].map((at) => new Date(at).toISOString()))
  for (const slot of [0, 1])
    expect(previous.values.map((values) => values[slot]!)).toEqual(moneyOf(within(before[slot]!, before[slot + 1]!)))
}

/** What operators see of all organizations, of one mode, is what each of them is charged and costs. */
function expectOfAll(traffic: Traffic, db: ReportsDb): void {
  for (const mode of ['test', 'live'] as const) {
    const scope = { organizationId: null, mode }
    const asked = { scope, span: { ...wholeSpan, zone: 'UTC' }, unit: 'day', metrics: ['margin'], where: {} } as const
    const by = ['organization'] as const
    const { rows } = inOne(usageOverTime(db, { ...asked, by, top: 8, isOperator: true }, () => null))
    for (const owner of owners.filter((each) => each.mode === mode)) {
      const charges = chargedTo(traffic, owner)
      const row = rows.find(({ group }) => group?.id === owner.organizationId)
      const sumOf = (name: 'chargeNano' | 'costNano'): bigint =>
        charges.reduce((sum, each) => sum + BigInt(each[name]), 0n)
      expect(row?.figures.marginNano ?? '0').toBe(String(sumOf('chargeNano') - sumOf('costNano')))
    }
  }
}

test('whatever happens and wherever the copying breaks off, every report is the ledger’s figure to the nano, in every zone', async () => {
  const breaks = fc.array(fc.record({ after: fc.nat(8), step: fc.integer({ min: 1, max: 7 }), reopen: fc.boolean() }), {
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(events, breaks, async (happening, breaks) => {
      const traffic = await openTraffic()
      let db = openReportsDb({ dataDir: traffic.dataDir })
      const points = [...breaks]
      for (const event of happening) {
        await traffic.happen(event)
        const point = points[0]
        if (!point || event.pick % 9 < point.after) continue
        points.shift()
        db.step(point.step)
        if (point.reopen) {
          db.close()
          db = openReportsDb({ dataDir: traffic.dataDir })
        }
      }
      copyAll(db, 5)
      expectOfAll(traffic, db)
      for (const owner of owners) {
        await expectAsLedger(traffic, db, owner)
        for (const zone of zones) {
          await expectStatement(traffic, db, owner, zone)
          expectOverTime(traffic, db, owner, zone)
          expectPrevious(traffic, db, owner, zone)
        }
        const listed = db.list(owner, { filter: wholeSpan, before: null, max: 1_000 }).map(({ id }) => id)
        const charged = chargedTo(traffic, owner).map(({ requestId }) => requestId)
        expect(new Set(listed)).toEqual(new Set(charged))
        expect(listed.length).toBe(charged.length)
      }
      db.close()
      await traffic.close()
    }),
    { numRuns: runs },
  )
}, 120_000)
