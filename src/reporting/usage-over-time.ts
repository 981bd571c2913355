/** Usage over time: the values of metrics by slots of time and by groups, the largest apart and the others as one, and what it all comes to. */
import { z } from 'zod'
import { addToSlot } from '../lib/histogram.ts'
import {
  addSums,
  noSums,
  type Dimension,
  type Dimensions,
  type ReportsDb,
  type Scope,
  type UsageCell,
} from '../store/reports-db/reports-db.ts'
import { modes } from '../store/store.ts'
import {
  FiguresShape,
  figuresOf,
  isDuration,
  metrics,
  TimeShape,
  valueOf,
  weightOf,
  type Measured,
  type Metric,
} from './figures.ts'
import { slotBounds, slotUnits, spanBefore, type SlotUnit, type ZonedSpan } from './time-slots.ts'

export const dimensions = ['model', 'key', 'region', 'endpoint', 'upstream', 'organization'] as const

const GroupShape = z
  .strictObject({
    id: z.string().describe('What filters by it.'),
    name: z.string().nullable().describe('What people call it, where that is another.'),
  })
  .nullable()
  .describe('null: all that is in no group of its own.')

const SeriesShape = z.strictObject({
  metric: z.enum(metrics),
  group: GroupShape,
  subgroup: GroupShape,
  isOther: z.boolean().describe('Whether these are the groups beyond the first `top`, together.'),
  values: z
    .array(z.union([z.string(), z.number(), z.null()]))
    .describe('One a slot: nano-USD as a decimal string, or a number; milliseconds for durations, 0 to 1 for rates.'),
  total: z.union([z.string(), z.number(), z.null()]).describe('Of the whole span.'),
})

export const UsageOverTimeShape = z.strictObject({
  mode: z.enum(modes),
  from: TimeShape,
  to: TimeShape,
  zone: z.string(),
  unit: z.enum(slotUnits),
  by: z.array(z.enum(dimensions)).describe('Group, subgroup.'),
  slots: z.array(TimeShape).describe('When each slot begins; it ends where the next begins, the last at `to`.'),
  series: z.array(SeriesShape).describe('The largest first, what is beyond `top` last.'),
  rows: z
    .array(z.strictObject({ group: GroupShape, subgroup: GroupShape, isOther: z.boolean(), figures: FiguresShape }))
    .describe('Every figure of each group of `series`.'),
  total: FiguresShape,
  previous: z
    .strictObject({
      from: TimeShape,
      to: TimeShape,
      values: z
        .array(z.array(z.union([z.string(), z.number(), z.null()])))
        .describe('Of each metric, one a slot, all groups together.'),
      total: FiguresShape,
    })
    .describe('The span before, as long.'),
  isComplete: z.boolean().describe('false while older requests are still being gathered: then it will be more.'),
})
export type UsageOverTime = z.infer<typeof UsageOverTimeShape>

export type UsageAsked = {
  readonly scope: Scope
  readonly span: ZonedSpan
  readonly unit: SlotUnit
  readonly metrics: readonly Metric[]
  readonly where: Partial<Dimensions>
  readonly by: readonly Dimension[]
  /** Groups that stand by themselves. */
  readonly top: number
  readonly isOperator: boolean
}

type Total = Measured & { readonly group: readonly string[] }
type NameOf = (dimension: Dimension, id: string) => string | null

/** The report. `nameOf` tells what people call a key or an organization. */
export function usageOverTime(
  db: Pick<ReportsDb, 'usage'>,
  asked: UsageAsked,
  nameOf: NameOf,
): Omit<UsageOverTime, 'isComplete'> {
  const { scope, span, unit, where, by, metrics, isOperator } = asked
  const bounds = slotBounds(span, unit)
  const durations = metrics.some(isDuration)
  const totals = db.usage({ scope, where, by, bounds: [span.from, span.to], durations: true })
  const { kept, other } = largest(totals, asked)
  const cells = db.usage({ scope, where, by, bounds, durations })
  const parts = [...kept.map((total) => [total]), ...(other.length > 0 ? [other] : [])]
  const labels = parts.map((part) => labelOf(part, kept.includes(part[0]!), { by, nameOf }))
  const slots = bounds.length - 1
  const bySlot = parts.map((part) => partsBySlot(cells, new Set(part.map(keyOf)), slots))
  return {
    mode: scope.mode,
    from: iso(span.from),
    to: iso(span.to),
    zone: span.zone,
    unit,
    by: [...by],
    slots: bounds.slice(0, -1).map(iso),
    series: metrics.flatMap((metric) =>
      parts.map((part, index) => ({
        metric,
        ...labels[index]!,
        values: bySlot[index]!.map((measured) => valueOf(metric, measured)),
        total: valueOf(metric, together(part)),
      })),
    ),
    rows: parts.map((part, index) => ({ ...labels[index]!, figures: figuresOf(together(part), isOperator) })),
    total: figuresOf(together(totals), isOperator),
    previous: previousOf(db, asked, slots),
  }
}

/** Without groups there is one part, so that there is something to show even of nothing. */
function largest(totals: readonly Total[], { metrics, by, top }: UsageAsked) {
  if (by.length === 0) return { kept: [{ ...together(totals), group: [] }], other: [] }
  const ordered = totals.toSorted((a, b) => weightOf(metrics[0]!, b) - weightOf(metrics[0]!, a))
  return { kept: ordered.slice(0, top), other: ordered.slice(top) }
}

const keyOf = ({ group }: Pick<Total, 'group'>): string => group.join('\0')

function labelOf(
  [first]: readonly Total[],
  isKept: boolean,
  { by, nameOf }: { readonly by: readonly Dimension[]; readonly nameOf: NameOf },
) {
  const [group, subgroup] = by.map((dimension, index) => {
    const id = first!.group[index]!
    return isKept ? { id, name: nameOf(dimension, id) } : null
  })
  return { group: group ?? null, subgroup: subgroup ?? null, isOther: !isKept }
}

/** What the groups of a part used in each slot. */
function partsBySlot(cells: readonly UsageCell[], groups: ReadonlySet<string>, slots: number): Measured[] {
  const parts = Array.from({ length: slots }, () => empty())
  for (const cell of cells) if (groups.has(keyOf(cell))) add(parts[cell.slot]!, cell)
  return parts
}

function previousOf(
  db: Pick<ReportsDb, 'usage'>,
  { scope, span, unit, where, metrics, isOperator }: UsageAsked,
  slots: number,
): UsageOverTime['previous'] {
  const before = spanBefore(span)
  const { from, to } = before
  const bounds = slotBounds(before, unit)
  const bySlot = Array.from({ length: bounds.length - 1 }, () => empty())
  for (const cell of db.usage({ scope, where, by: [], bounds, durations: metrics.some(isDuration) }))
    add(bySlot[cell.slot]!, cell)
  const total = together(db.usage({ scope, where, by: [], bounds: [from, to], durations: true }))
  // A month may have more days than the one before, and fewer.
  const shown = Array.from({ length: slots }, (_, slot) => bySlot[slot] ?? null)
  return {
    from: iso(from),
    to: iso(to),
    values: metrics.map((metric) => shown.map((measured) => measured && valueOf(metric, measured))),
    total: figuresOf(total, isOperator),
  }
}

function together(parts: readonly Measured[]): Measured {
  const sum = empty()
  for (const part of parts) add(sum, part)
  return sum
}

type Sum = { readonly sums: ReturnType<typeof noSums> } & Measured
const empty = (): Sum => ({ sums: noSums(), latency: new Map(), firstByte: new Map() })

function add(to: Sum, from: Measured): void {
  addSums(to.sums, from.sums)
  for (const [slot, count] of from.latency) addToSlot(to.latency, slot, count)
  for (const [slot, count] of from.firstByte) addToSlot(to.firstByte, slot, count)
}

const iso = (at: number): string => new Date(at).toISOString()
