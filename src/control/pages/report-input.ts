/** What reports are asked for, read from the query of a page: time, groups, filters. Everything is text there. */
import { z } from 'zod'
import { askedSpan, spanInput } from '../../reporting/asked-span.ts'
import { isForOperators, metrics } from '../../reporting/figures.ts'
import {
  fittingUnit,
  isWithinSlots,
  slotsMax,
  slotUnits,
  type SlotUnit,
  type ZonedSpan,
} from '../../reporting/time-slots.ts'
import { dimensions, type UsageAsked } from '../../reporting/usage-over-time.ts'
import type { EntryFilter, Scope } from '../../store/reports-db/reports-db.ts'
import { invalid } from '../admin/read-input.ts'
import { Mode } from './shapes.ts'

const seriesMax = 50
const metricsMax = 6

/** Several of a list, with commas between them. */
const listOf = <const Item extends string>(items: readonly Item[], many: number) => {
  const allowed = `at most ${many} of ${items.join(', ')}, with commas between them`
  const isGood = (said: string): boolean => {
    const words = said.split(',')
    return words.length <= many && words.every((word) => (items as readonly string[]).includes(word))
  }
  return z
    .string()
    .refine(isGood, allowed)
    .transform((said) => said.split(',') as Item[])
}
const Text = z.string().max(200, 'at most 200 characters')
const whole = (allowed: string) =>
  z
    .string()
    .regex(/^\d{1,12}$/, allowed)
    .transform(Number)
const Nano = z
  .string()
  .regex(/^\d{1,18}$/, 'a whole number of nano-USD')
  .transform(BigInt)
const YesOrNo = z.enum(['true', 'false'], 'true or false').transform((said) => said === 'true')
const Unit = z
  .enum(slotUnits, `one of ${slotUnits.join(', ')}`)
  .optional()
  .describe('How long a slot is; left out: what fits the span.')

const usageFilters = {
  key: Text.optional().describe('Id of a key.'),
  model: Text.optional(),
  endpoint: Text.optional(),
  region: Text.optional(),
}
const memberDimensions = dimensions.filter((each) => each !== 'upstream' && each !== 'organization')

const usageQuery = {
  mode: Mode,
  ...spanInput,
  unit: Unit,
  ...usageFilters,
  top: whole(`a whole number up to ${seriesMax}`)
    .refine((top) => top >= 1 && top <= seriesMax, `a whole number up to ${seriesMax}`)
    .default(8)
    .describe('Groups that stand by themselves; the others are one.'),
}
const memberMetrics = metrics.filter((metric) => !isForOperators(metric))

/** Usage of an organization, for its members. */
export const UsageQuery = z.strictObject({
  ...usageQuery,
  metrics: listOf(memberMetrics, metricsMax)
    .default(['spend'])
    .describe('What is shown; groups are ordered by the first.'),
  by: listOf(memberDimensions, 2).optional().describe('Group, or group and subgroup.'),
})
/** Usage of all organizations, for operators. */
export const OperatorUsageQuery = z.strictObject({
  ...usageQuery,
  organization: Text.optional().describe('Id of an organization; left out: all.'),
  upstream: Text.optional().describe('Id of a deployment.'),
  metrics: listOf(metrics, metricsMax).default(['spend']),
  by: listOf(dimensions, 2).optional(),
})

export type AskedUsage = z.output<typeof UsageQuery> | z.output<typeof OperatorUsageQuery>

/** What usage is asked for. Throws `invalid_request`. */
export function usageAsked(
  query: AskedUsage,
  scope: Scope,
  { now, isOperator }: { readonly now: number; readonly isOperator: boolean },
): UsageAsked {
  const span = spanOf(query, now)
  const { key, model, endpoint, region, by = [], top } = query
  const upstream = 'upstream' in query ? query.upstream : undefined
  return {
    scope,
    span,
    unit: unitOf(query.unit, span),
    metrics: query.metrics,
    where: defined({ key, model, endpoint, region, upstream }),
    by,
    top,
    isOperator,
  }
}

const days = 30

/** The span that is asked for; the last thirty days where nothing is said. Throws `invalid_request`. */
export function spanOf(asked: Parameters<typeof askedSpan>[0], now: number): ZonedSpan {
  const span = askedSpan(asked, { now, days })
  if (span === null) throw invalid('from', 'before to, and at most 3660 days before it')
  return span
}

/** The unit that is asked for, or what fits. Throws `invalid_request` where it would be too many slots. */
export function unitOf(asked: SlotUnit | undefined, span: ZonedSpan): SlotUnit {
  const unit = asked ?? fittingUnit(span)
  if (!isWithinSlots(span, unit))
    throw invalid('unit', `so long that from and to are at most ${slotsMax} of them apart`)
  return unit
}

/** What requests are narrowed by. */
const requestFilters = {
  mode: Mode,
  ...spanInput,
  ...usageFilters,
  outcome: z.enum(['ok', 'error'], 'ok or error').optional().describe('error: failed or turned away.'),
  status: whole('an HTTP status').optional(),
  ending: Text.optional().describe('How it ended, or why it was turned away.'),
  flag: Text.optional(),
  streamed: YesOrNo.optional(),
  chargeMin: Nano.optional(),
  chargeMax: Nano.optional(),
  latencyMin: whole('milliseconds').optional(),
  latencyMax: whole('milliseconds').optional(),
  id: Text.optional().describe('Of one request, whenever it was.'),
}
export const RequestHistogramQuery = z.strictObject({ ...requestFilters, unit: Unit })
const pageMax = 200
export const RequestListQuery = z.strictObject({
  ...requestFilters,
  cursor: z.string().max(40).optional().describe('`next` of the page before.'),
  limit: whole(`a whole number up to ${pageMax}`)
    .refine((limit) => limit >= 1 && limit <= pageMax, `a whole number up to ${pageMax}`)
    .default(50),
})
export const RequestFilters = z.strictObject(requestFilters)

/** The filter that is asked for, within a span. */
export function filterOf(asked: z.output<typeof RequestFilters>, { from, to }: ZonedSpan): EntryFilter {
  const { key, model, endpoint, region, outcome, status, ending, flag, streamed } = asked
  return {
    from,
    to,
    ...defined({ key, model, endpoint, region, status, ending, flag, streamed }),
    ...(outcome && { isError: outcome === 'error' }),
    ...defined({
      chargeNanoMin: asked.chargeMin,
      chargeNanoMax: asked.chargeMax,
      latencyMsMin: asked.latencyMin,
      latencyMsMax: asked.latencyMax,
    }),
  }
}

type Defined<T> = { [Name in keyof T]?: NonNullable<T[Name]> }
/** Without what was not said. */
const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
