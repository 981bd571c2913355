/** Usage reports: what is asked for, and the JSON that answers. Amounts are decimal strings. */
import { z } from 'zod'
import { formatUsd } from '../lib/amounts.ts'
import { modes, type Mode, type UsageDimension, type UsageQuery, type UsageRow } from '../store/store.ts'

const dimensions = [
  'model',
  'key',
  'region',
  'upstream',
  'endpoint',
  'day',
  'organization',
] as const satisfies readonly UsageDimension[]

/** A moment as people write it: `2026-11-23`, which is its first moment in UTC, or ISO 8601 with a zone. Becomes epoch ms. */
export const MomentText = z.union(
  [z.iso.date(), z.iso.datetime({ offset: true })],
  'an ISO 8601 date or time with zone, such as 2026-11-23 or 2026-11-23T08:00:00Z',
)
export const Moment = MomentText.transform((text) => Date.parse(text))

/** The query parameters of a usage report. */
export const UsageParameters = z.strictObject({
  by: z.enum(dimensions, `one of ${dimensions.join(', ')}`).default('model'),
  mode: z.enum(modes, modes.join(' or ')).optional(),
  from: Moment.optional(),
  to: Moment.optional(),
})

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
/** Rows of a report by day, at most: ten years. */
export const reportDaysMax = 3_660

/**
 * The query that the parameters ask for: from the start of the month (UTC) to now, unless they say otherwise.
 * Usage is kept by the minute, so the span is widened to whole ones, and the report says which.
 */
export const usageQuery = (
  of: Pick<UsageQuery, 'organizationId' | 'mode'>,
  asked: z.infer<typeof UsageParameters>,
  now: number,
): UsageQuery => ({
  ...of,
  by: asked.by,
  from: Math.floor((asked.from ?? monthStart(asked.to ?? now)) / minuteMs) * minuteMs,
  to: Math.ceil((asked.to ?? now) / minuteMs) * minuteMs,
})

/** The figures of one group, or of all. */
export type UsageFigures = {
  readonly requests: number
  readonly errors: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly chargeNano: string
  readonly chargeUsd: string
  /** Pictures that were made, and seconds of video. */
  readonly images: number
  readonly videoSeconds: number
  /** What of the charge is for these. */
  readonly imageNano: string
  readonly imageUsd: string
  readonly videoNano: string
  readonly videoUsd: string
}

export type UsageReport = {
  /** null: all. */
  readonly organizationId: string | null
  readonly mode: Mode
  readonly by: UsageDimension
  readonly from: string
  readonly to: string
  /** `name`: of a key or an organization, what people call it. */
  readonly rows: readonly (UsageFigures & { readonly group: string; readonly name: string | null })[]
  readonly total: UsageFigures
}

type Known = {
  /** Epoch ms: days after it have nothing to report yet. */
  readonly now: number
  /** What people call a group, by its id. */
  readonly names: ReadonlyMap<string, string>
}

/** The report on what the store found: the dearest group first, or every day of the span in order, and the sum of all. */
export function usageReport(query: UsageQuery, rows: readonly UsageRow[], { now, names }: Known): UsageReport {
  const shown = query.by === 'day' ? everyDay(query, rows, now) : dearestFirst(rows)
  return {
    organizationId: query.organizationId,
    mode: query.mode,
    by: query.by,
    from: new Date(query.from).toISOString(),
    to: new Date(query.to).toISOString(),
    rows: shown.map((row) => ({ group: row.group, name: names.get(row.group) ?? null, ...figures(row) })),
    total: figures(rows.reduce(sum, nothing)),
  }
}

const dearestFirst = (rows: readonly UsageRow[]): readonly UsageRow[] =>
  rows.toSorted((a, b) => Number(b.chargeNano - a.chargeNano) || b.requests - a.requests)

/** A day without a request is a row of nothing: one that is left out would look as if it had not been. */
function everyDay({ from, to }: UsageQuery, rows: readonly UsageRow[], now: number): readonly UsageRow[] {
  const found = new Map(rows.map((row) => [row.group, row]))
  const first = from - (from % dayMs)
  const many = Math.max(0, Math.ceil((Math.min(to, now) - first) / dayMs))
  const days = Array.from({ length: many }, (_, index) => new Date(first + index * dayMs).toISOString().slice(0, 10))
  return days.map((group) => found.get(group) ?? { group, ...nothing })
}

type Counts = Omit<UsageRow, 'group'>
const nothing: Counts = {
  requests: 0,
  errors: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  chargeNano: 0n,
  images: 0,
  videoSeconds: 0,
  imageNano: 0n,
  videoNano: 0n,
}

const sum = (a: Counts, b: Counts): Counts => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  chargeNano: a.chargeNano + b.chargeNano,
  images: a.images + b.images,
  videoSeconds: a.videoSeconds + b.videoSeconds,
  imageNano: a.imageNano + b.imageNano,
  videoNano: a.videoNano + b.videoNano,
})

const figures = (counts: Counts): UsageFigures => ({
  requests: counts.requests,
  errors: counts.errors,
  inputTokens: counts.inputTokens,
  cachedInputTokens: counts.cachedInputTokens,
  outputTokens: counts.outputTokens,
  reasoningTokens: counts.reasoningTokens,
  chargeNano: counts.chargeNano.toString(),
  chargeUsd: formatUsd(counts.chargeNano),
  images: counts.images,
  videoSeconds: counts.videoSeconds,
  imageNano: counts.imageNano.toString(),
  imageUsd: formatUsd(counts.imageNano),
  videoNano: counts.videoNano.toString(),
  videoUsd: formatUsd(counts.videoNano),
})

function monthStart(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}
