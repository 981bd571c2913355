/**
 * The statement of an organization by day: what it had, what came in, what was used and taken back, and what it has.
 * Every day closes with what the next one opens with, to the nano. What a request was charged stands on the day of its
 * admission, as in every other report; so a day may still change by what is reserved in it, which is told beside.
 */
import { z } from 'zod'
import { modes } from '../store/store.ts'
import type { Book, ReportsDb } from '../store/reports-db/reports-db.ts'
import { NanoShape, TimeShape } from './figures.ts'
import { charges } from './measured.ts'
import { dateOf, slotBounds, type ZonedSpan } from './time-slots.ts'

const amounts = {
  openingNano: NanoShape.describe('Credit, spent or reserved money included, when it begins.'),
  grantsNano: NanoShape,
  topUpsNano: NanoShape,
  usageNano: NanoShape.describe('What requests admitted in it were charged; taken off.'),
  reversalsNano: NanoShape.describe('Credit that was taken back (below zero) or given back.'),
  closingNano: NanoShape.describe('opening + grants + top-ups − usage + reversals.'),
  reservedNano: NanoShape.describe('What jobs that began in it may still be charged at most; part of the closing.'),
  settledNano: NanoShape.describe('Of the usage: what jobs that began in it were charged when they ended.'),
  requests: z.int(),
}
const DayShape = z.strictObject({
  day: z.string().describe('A date of the zone.'),
  from: TimeShape,
  to: TimeShape,
  ...amounts,
})
const CreditShape = z.strictObject({
  id: z.int().describe('Of the transfer.'),
  at: TimeShape,
  kind: z.enum(['grant', 'top-up', 'reversal']),
  amountNano: NanoShape.describe('Below zero where it was taken back.'),
  note: z.string().nullable(),
})
export const StatementShape = z.strictObject({
  organizationId: z.string(),
  mode: z.enum(modes),
  from: TimeShape,
  to: TimeShape,
  zone: z.string(),
  days: z.array(DayShape).describe('Oldest first, days without anything included.'),
  total: z.strictObject(amounts),
  credits: z.array(CreditShape).describe('Grants, top-ups and reversals one by one, oldest first; 10,000 at most.'),
  isComplete: z.boolean().describe('false while older requests are still being gathered: then it does not close.'),
})
export type Statement = z.infer<typeof StatementShape>
type Amounts = Statement['total']

/** A day's figures before they are text. */
type Day = Readonly<Record<'grants' | 'topUps' | 'usage' | 'reversals' | 'reserved' | 'settled', bigint>> & {
  readonly requests: number
}
type Db = Pick<ReportsDb, 'usage' | 'credits' | 'sumCredits' | 'creditBefore' | 'setAside'>

/** The statement over a span, cut at the days of its zone. */
export function statementOf(db: Db, of: Book, span: ZonedSpan): Omit<Statement, 'isComplete'> {
  const bounds = slotBounds(span, 'day')
  const days = daysOf(db, of, bounds)
  let opening = openingOf(db, of, span.from)
  const total = amountsOf(opening, days.reduce(sumOf, nothing))
  return {
    ...of,
    from: iso(span.from),
    to: iso(span.to),
    zone: span.zone,
    days: days.map((day, slot) => {
      const amounts = amountsOf(opening, day)
      opening = BigInt(amounts.closingNano)
      const from = bounds[slot]!
      return { day: dateOf(from, span.zone), from: iso(from), to: iso(bounds[slot + 1]!), ...amounts }
    }),
    total,
    credits: db.credits(of, span).map(({ transfer, at, kind, amountNano, note }) => {
      return { id: transfer, at: iso(at), kind, amountNano: amountNano.toString(), note }
    }),
  }
}

/** What there was before a time: all credit less all that was used. */
function openingOf(db: Db, of: Book, from: number): bigint {
  const [cells] = db.usage({ scope: of, where: {}, by: [], bounds: [0, from], ...charges })
  return db.creditBefore(of, from) - (cells?.[0]?.sums.chargeNano ?? 0n)
}

function daysOf(db: Db, of: Book, bounds: readonly number[]): Day[] {
  const used = [...db.usage({ scope: of, where: {}, by: [], bounds, ...charges })].map(([cell]) => cell?.sums)
  const credits = bySlot(db.sumCredits(of, bounds))
  const aside = bySlot(db.setAside(of, bounds))
  return bounds.slice(0, -1).map((_, slot) => ({
    grants: credits.get(slot)?.grant ?? 0n,
    topUps: credits.get(slot)?.['top-up'] ?? 0n,
    reversals: credits.get(slot)?.reversal ?? 0n,
    usage: used[slot]?.chargeNano ?? 0n,
    requests: used[slot]?.requests ?? 0,
    reserved: aside.get(slot)?.openNano ?? 0n,
    settled: aside.get(slot)?.chargedNano ?? 0n,
  }))
}

const bySlot = <T extends { readonly slot: number }>(items: readonly T[]): ReadonlyMap<number, T> =>
  new Map(items.map((item) => [item.slot, item]))

const nothing: Day = { grants: 0n, topUps: 0n, usage: 0n, reversals: 0n, reserved: 0n, settled: 0n, requests: 0 }
const sumOf = (a: Day, b: Day): Day => ({
  grants: a.grants + b.grants,
  topUps: a.topUps + b.topUps,
  usage: a.usage + b.usage,
  reversals: a.reversals + b.reversals,
  reserved: a.reserved + b.reserved,
  settled: a.settled + b.settled,
  requests: a.requests + b.requests,
})

const amountsOf = (opening: bigint, day: Day): Amounts => ({
  openingNano: opening.toString(),
  grantsNano: day.grants.toString(),
  topUpsNano: day.topUps.toString(),
  usageNano: day.usage.toString(),
  reversalsNano: day.reversals.toString(),
  closingNano: (opening + day.grants + day.topUps - day.usage + day.reversals).toString(),
  reservedNano: day.reserved.toString(),
  settledNano: day.settled.toString(),
  requests: day.requests,
})

const iso = (at: number): string => new Date(at).toISOString()
