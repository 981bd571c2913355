/** Usage as a chart draws it. */
import type { UsageOverTimeJson } from '../../../../src/control/contract-pages.ts'
import { seriesColors } from '../../theme.ts'
import type { Series, TimePoint } from '../../ui/chart-types.ts'
import { addsUp, type View } from './usage-search.ts'

type UsageSeries = UsageOverTimeJson['series'][number]
type Value = UsageSeries['values'][number]
export type Drawn = { readonly series: readonly Series[]; readonly points: readonly TimePoint[]; readonly exact: Exact }
/** The value as the API said it, behind what is drawn. */
export type Exact = (series: string, at: string) => Value

const otherTitle = 'All others'

/** What people call the groups of a row or a series. */
export function titleOf({ group, subgroup, isOther }: Pick<UsageSeries, 'group' | 'subgroup' | 'isOther'>): string {
  if (isOther) return otherTitle
  const titles = [group, subgroup].flatMap((each) => (each === null ? [] : [each.name ?? (each.id || '(none)')]))
  return titles.length === 0 ? 'All' : titles.join(' · ')
}

/** Money is drawn in USD, as a float: what is drawn is rounded anyway, and what is said is exact. */
const drawn = (value: Value): number => (typeof value === 'string' ? Number(value) / 1e9 : (value ?? 0))

/** Groups that add up are stacked; of durations the percentiles of all are lines; of rates the largest groups are. */
export function seriesOf(usage: UsageOverTimeJson, view: View): Drawn {
  const { slots } = usage
  const series = view === 'spendByKind' ? byKind(usage.series) : usage.series
  const isPercentiles = view === 'latency' || view === 'firstByte'
  const shown = addsUp(view) ? series : series.filter((each) => isPercentiles || !each.isOther)
  const ids = shown.map((each, at) => `${each.metric}-${at}`)
  const byId = new Map(shown.map((each, at) => [ids[at]!, each]))
  return {
    series: shown.map((each, at) => ({
      id: ids[at]!,
      title: isPercentiles ? percentileTitle(each) : (kindTitles[each.metric] ?? titleOf(each)),
      color: each.isOther ? 'gray.5' : seriesColors[at % seriesColors.length]!,
    })),
    points: slots.map((at, slot) => ({
      at,
      values: Object.fromEntries(shown.map((each, index) => [ids[index]!, drawn(each.values[slot]!)])),
    })),
    exact: (id, at) => byId.get(id)?.values[slots.indexOf(at)] ?? null,
  }
}

function percentileTitle(series: UsageSeries): string {
  const percentile = series.metric.slice(-3).toLowerCase()
  const title = titleOf(series)
  return title === 'All' ? percentile : `${title} ${percentile}`
}

const kindTitles: Readonly<Partial<Record<UsageSeries['metric'], string>>> = {
  inputSpend: 'Input',
  cachedInputSpend: 'Cached input',
  outputSpend: 'Output',
  reasoningSpend: 'Reasoning',
  imageSpend: 'Images',
  videoSpend: 'Video',
  toolSpend: 'Tools',
}

/** Of each kind that anything was spent on, all groups together. */
function byKind(series: readonly UsageSeries[]): readonly UsageSeries[] {
  const metrics = [...new Set(series.map(({ metric }) => metric))]
  return metrics.flatMap((metric) => {
    const [first, ...others] = series.filter((each) => each.metric === metric)
    const values = first!.values.map((value, slot) =>
      others.reduce((sum, each) => sum + nanoOf(each.values[slot]!), nanoOf(value)).toString(),
    )
    const total = values.reduce((sum, value) => sum + BigInt(value), 0n)
    return total === 0n ? [] : [{ ...first!, isOther: false, values, total: total.toString() }]
  })
}
const nanoOf = (value: Value): bigint => BigInt(value ?? 0)
