/** Reports as tables: exactly what is shown, amounts in exact USD. */
import { formatUsd } from '../lib/amounts.ts'
import { csvLine } from './csv.ts'
import { isMoney, type Metric, type MetricValue } from './figures.ts'
import type { EntryJson } from './requests.ts'
import type { Statement } from './statement.ts'
import type { UsageOverTime } from './usage-over-time.ts'

/** One line for each value of each series. */
export function* usageCsv({ slots, to, zone, series, by }: UsageOverTime): Generator<string> {
  const [group, subgroup] = by
  yield csvLine(['from', 'to', 'zone', 'metric', 'unit', group ?? 'group', subgroup ?? 'subgroup', 'value'])
  for (const { metric, values, isOther, ...named } of series) {
    const names = [named.group, named.subgroup].map((each) => each && (each.name ?? each.id))
    for (const [index, value] of values.entries())
      yield csvLine([
        slots[index]!,
        slots[index + 1] ?? to,
        zone,
        metric,
        unitOf(metric),
        isOther ? 'other' : (names[0] ?? null),
        names[1] ?? null,
        textOf(metric, value),
      ])
  }
}

const textOf = (metric: Metric, value: MetricValue): MetricValue =>
  isMoney(metric) && value !== null ? formatUsd(BigInt(value)) : value

function unitOf(metric: Metric): string {
  if (isMoney(metric)) return 'USD'
  if (metric.endsWith('Rate')) return 'share'
  if (/P\d\d$/.test(metric)) return 'ms'
  return metric === 'videoSeconds' ? 's' : 'count'
}

export const requestsCsvHead = csvLine([
  'id',
  'state',
  'at',
  'ended_at',
  'key',
  'key_name',
  'model',
  'endpoint',
  'region',
  'status',
  'ending',
  'flags',
  'streamed',
  'input_tokens',
  'cached_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'image_tokens',
  'images',
  'video_seconds',
  'charge_usd',
  'latency_ms',
  'first_byte_ms',
])

export const requestCsv = (entry: EntryJson): string =>
  csvLine([
    entry.id,
    entry.state,
    entry.at,
    entry.endedAt,
    entry.key.id,
    entry.key.name,
    entry.model ?? entry.askedModel,
    entry.endpoint,
    entry.region,
    entry.status,
    entry.ending,
    entry.flags.join(' '),
    entry.streamed,
    entry.inputTokens,
    entry.cachedInputTokens,
    entry.outputTokens,
    entry.reasoningTokens,
    entry.imageTokens,
    entry.images,
    entry.videoSeconds,
    usd(entry.chargeNano),
    entry.latencyMs,
    entry.firstByteMs,
  ])

/** One line a day, and the total at the end. */
export function* statementCsv({ days, total, zone, from, to }: Statement): Generator<string> {
  yield csvLine([
    'day',
    'from',
    'to',
    'zone',
    'requests',
    'opening_usd',
    'grants_usd',
    'top_ups_usd',
    'usage_usd',
    'reversals_usd',
    'closing_usd',
    'reserved_usd',
    'settled_of_reserved_usd',
  ])
  for (const day of [...days, { ...total, day: 'total', from, to }])
    yield csvLine([
      day.day,
      day.from,
      day.to,
      zone,
      day.requests,
      usd(day.openingNano),
      usd(day.grantsNano),
      usd(day.topUpsNano),
      usd(day.usageNano),
      usd(day.reversalsNano),
      usd(day.closingNano),
      usd(day.reservedNano),
      usd(day.settledNano),
    ])
}

const usd = (nano: string): string => formatUsd(BigInt(nano))
