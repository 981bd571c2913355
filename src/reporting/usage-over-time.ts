/** Usage over time: the values of metrics by slots of time and by groups, the largest apart and the others as one, and what it all comes to. */
import { z } from 'zod'
import {
  groupsMax,
  type Dimension,
  type Dimensions,
  type ReportsDb,
  type Scope,
} from '../store/reports-db/reports-db.ts'
import { modes } from '../store/store.ts'
import {
  FiguresShape,
  figuresOf,
  metrics,
  neededBy,
  TimeShape,
  valueOf,
  weightOf,
  type Metric,
  type MetricValue,
} from './figures.ts'
import { addMeasured, emptyMeasured, everything, together, type Measured } from './measured.ts'
import type { Pieces } from './turns.ts'
import { slotBounds, slotUnits, spanBefore, type SlotUnit, type Span, type ZonedSpan } from './time-slots.ts'

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
type Db = Pick<ReportsDb, 'usage'>

/** What a report adds up, at most: a figure for each group in each slot that it used something in. */
export const cellsMax = 500_000

/** More than one report adds up; the message says what to ask for instead. */
export class ReportTooLarge extends Error {
  constructor() {
    super(
      `so long that the report adds up at most ${cellsMax} groups in slots, all in all: ask for longer slots, a shorter span, or fewer groups`,
    )
    this.name = 'ReportTooLarge'
  }
}

/** The report, slot by slot: it may be long. `nameOf` tells what people call a key or an organization. Throws `ReportTooLarge`. */
export function* usageOverTime(db: Db, asked: UsageAsked, nameOf: NameOf): Pieces<Omit<UsageOverTime, 'isComplete'>> {
  const { scope, span, unit, where, by, metrics, isOperator } = asked
  const bounds = slotBounds(span, unit)
  const totals = totalsOf(db, asked, span)
  if (totals.length > groupsMax) throw new ReportTooLarge()
  const parts = partsOf(totals, asked)
  const labels = parts.map((part) => labelOf(part, { by, nameOf }))
  const sums = parts.map(({ totals }) => together(totals))
  const partOf = new Map(parts.flatMap(({ totals }, index) => totals.map((total) => [keyOf(total), index] as const)))
  const slots: MetricValue[][][] = []
  let many = 0
  for (const cells of db.usage({ scope, where, by, bounds, ...neededBy(metrics) })) {
    many += cells.length
    if (many > cellsMax) throw new ReportTooLarge()
    const measured = parts.map(() => emptyMeasured())
    for (const cell of cells) addMeasured(measured[partOf.get(keyOf(cell)) ?? 0]!, cell)
    slots.push(metrics.map((metric) => measured.map((each) => valueOf(metric, each))))
    yield
  }
  return {
    mode: scope.mode,
    from: iso(span.from),
    to: iso(span.to),
    zone: span.zone,
    unit,
    by: [...by],
    slots: bounds.slice(0, -1).map(iso),
    series: metrics.flatMap((metric, which) =>
      parts.map((_, part) => ({
        metric,
        ...labels[part]!,
        values: slots.map((slot) => slot[which]![part]!),
        total: valueOf(metric, sums[part]!),
      })),
    ),
    rows: parts.map((_, part) => ({ ...labels[part]!, figures: figuresOf(sums[part]!, isOperator) })),
    total: figuresOf(together(totals), isOperator),
    previous: yield* previousOf(db, asked, slots.length),
  }
}

/** What each group used in a span, all in all. */
function totalsOf(db: Db, { scope, where, by }: Pick<UsageAsked, 'scope' | 'where' | 'by'>, { from, to }: Span) {
  const [totals] = db.usage({ scope, where, by, bounds: [from, to], ...everything })
  return totals ?? []
}

/** Groups that are shown as one: nearly always one alone. */
type Part = { readonly totals: readonly Total[]; readonly isOther: boolean }

/** Without groups there is one part, so that there is something to show even of nothing. */
function partsOf(totals: readonly Total[], { metrics, by, top }: UsageAsked): readonly Part[] {
  if (by.length === 0) return [{ totals, isOther: false }]
  const ordered = totals.toSorted((a, b) => weightOf(metrics[0]!, b) - weightOf(metrics[0]!, a))
  const kept = ordered.slice(0, top).map((total) => ({ totals: [total], isOther: false }))
  return ordered.length > top ? [...kept, { totals: ordered.slice(top), isOther: true }] : kept
}

const keyOf = ({ group }: Pick<Total, 'group'>): string => group.join('\0')

function labelOf({ totals: [first], isOther }: Part, { by, nameOf }: { by: readonly Dimension[]; nameOf: NameOf }) {
  const [group, subgroup] = by.map((dimension, index) => {
    const id = first!.group[index]!
    return isOther ? null : { id, name: nameOf(dimension, id) }
  })
  return { group: group ?? null, subgroup: subgroup ?? null, isOther }
}

function* previousOf(db: Db, asked: UsageAsked, many: number): Pieces<UsageOverTime['previous']> {
  const { scope, span, unit, where, metrics, isOperator } = asked
  const before = spanBefore(span)
  const bounds = slotBounds(before, unit)
  const slots: MetricValue[][] = []
  for (const cells of db.usage({ scope, where, by: [], bounds, ...neededBy(metrics) })) {
    const measured = together(cells)
    slots.push(metrics.map((metric) => valueOf(metric, measured)))
    yield
  }
  return {
    from: iso(before.from),
    to: iso(before.to),
    // A month may have more days than the one before, or fewer.
    values: metrics.map((_, which) => Array.from({ length: many }, (__, slot) => slots[slot]?.[which] ?? null)),
    total: figuresOf(together(totalsOf(db, { scope, where, by: [] }, before)), isOperator),
  }
}

const iso = (at: number): string => new Date(at).toISOString()
