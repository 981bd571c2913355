/** What of the usage page stands in the URL, and what the API is asked by it. */
import type { Metric } from '../../../../src/control/contract-pages.ts'
import type { Mode } from '../../shell/mode.ts'
import { textIn, wordIn } from '../../shell/search.ts'
import { periodOf, readTimeRange, type TimeRangeSearch } from '../../ui/time-range.ts'

export const views = [
  'spend',
  'spendByKind',
  'requests',
  'tokens',
  'latency',
  'firstByte',
  'errorRate',
  'cacheHitRate',
  'images',
  'videoSeconds',
  'cost',
  'margin',
] as const
/** What the chart shows. */
export type View = (typeof views)[number]
/** What members are told. */
export const memberViews = views.filter((view) => view !== 'cost' && view !== 'margin')
export const viewTitles: Readonly<Record<View, string>> = {
  spend: 'Spend',
  spendByKind: 'Spend by what it is for',
  requests: 'Requests',
  tokens: 'Tokens',
  latency: 'Latency',
  firstByte: 'Time to first byte',
  errorRate: 'Error rate',
  cacheHitRate: 'Cache hits',
  images: 'Images',
  videoSeconds: 'Video seconds',
  cost: 'Cost at providers',
  margin: 'Margin',
}
/** The metrics of a view, which the chart shows together. */
const metricsOf: Readonly<Record<View, readonly Metric[]>> = {
  spend: ['spend'],
  spendByKind: [
    'inputSpend',
    'cachedInputSpend',
    'outputSpend',
    'reasoningSpend',
    'imageSpend',
    'videoSpend',
    'toolSpend',
  ],
  requests: ['requests'],
  tokens: ['tokens'],
  latency: ['latencyP50', 'latencyP95', 'latencyP99'],
  firstByte: ['firstByteP50', 'firstByteP95', 'firstByteP99'],
  errorRate: ['errorRate'],
  cacheHitRate: ['cacheHitRate'],
  images: ['images'],
  videoSeconds: ['videoSeconds'],
  cost: ['cost'],
  margin: ['margin'],
}
/** Whether groups of it can be stacked. */
export const addsUp = (view: View): boolean =>
  ['spend', 'spendByKind', 'requests', 'tokens', 'images', 'videoSeconds', 'cost', 'margin'].includes(view)

export const groupings = ['model', 'key', 'region', 'endpoint', 'upstream', 'organization'] as const
export const memberGroupings = groupings.filter((each) => each !== 'upstream' && each !== 'organization')
export type Grouping = (typeof groupings)[number]
export const groupTitles: Readonly<Record<Grouping, string>> = {
  model: 'Model',
  key: 'Key',
  region: 'Region',
  endpoint: 'Endpoint',
  upstream: 'Deployment',
  organization: 'Organization',
}

export const units = ['minute', 'hour', 'day', 'week', 'month'] as const
export type Unit = (typeof units)[number]

export type UsageSearch = TimeRangeSearch & {
  readonly view?: View
  /** `none`: all together. */
  readonly by?: Grouping | 'none'
  readonly sub?: Grouping
  readonly unit?: Unit
  readonly model?: string
  readonly key?: string
  readonly region?: string
  readonly endpoint?: string
  readonly upstream?: string
  readonly organization?: string
}

export function readUsageSearch(search: Record<string, unknown>): UsageSearch {
  const filters = groupings.map((name) => [name, textIn(search, name)] as const)
  const chosen = [
    ['view', wordIn(search, 'view', views)],
    ['by', wordIn(search, 'by', [...groupings, 'none'])],
    ['sub', wordIn(search, 'sub', groupings)],
    ['unit', wordIn(search, 'unit', units)],
  ] as const
  return { ...readTimeRange(search), ...Object.fromEntries<string | undefined>([...filters, ...chosen]) }
}

export type UsageQuery = Readonly<Record<string, string | undefined>>

export const usualRange = '7d'

/** How it is grouped: by model where nothing is said. */
export function groupsOf({ by = 'model', sub }: UsageSearch): readonly Grouping[] {
  if (by === 'none') return []
  return sub === undefined || sub === by ? [by] : [by, sub]
}

/** What the API is asked. Percentiles are of all together: those of groups cannot be drawn over each other. */
export function queryOf(search: UsageSearch, mode: Mode, now: number): UsageQuery {
  const { from, to, zone } = periodOf(search, now, usualRange)
  const view = search.view ?? 'spend'
  const groups = groupsOf(search)
  return {
    mode,
    from,
    to,
    zone,
    unit: search.unit,
    metrics: metricsOf[view].join(','),
    by: groups.length === 0 ? undefined : groups.join(','),
    ...Object.fromEntries(groupings.map((name) => [name, search[name]])),
  }
}
