/** The figures of a set of requests, as JSON: exact sums, and rates and percentiles made of them. */
import { z } from 'zod'
import { percentileOf, type Histogram } from '../lib/histogram.ts'
import { noSums, type SpendKind, type Sums } from '../store/reports-db/reports-db.ts'
import { durations, type Measured, type Needed } from './measured.ts'

/** An amount: a decimal string of nano-USD. */
export const NanoShape = z.string().describe('Nano-USD (10⁻⁹ USD) as a decimal string.')
/** A time: ISO 8601, UTC. */
export const TimeShape = z.string().describe('ISO 8601, UTC.')

const Percentiles = z
  .strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })
  .describe('Milliseconds, each right to 4 %.')

export const FiguresShape = z.strictObject({
  requests: z.int().describe('Requests that were let in, those whose charge is still open included.'),
  errors: z.int().describe('Of these: failed.'),
  rejected: z.int().describe('Beside these: calls that were turned away or failed unpaid. Best effort.'),
  inputTokens: z.int().describe('Uncached.'),
  cachedInputTokens: z.int(),
  outputTokens: z.int().describe('Visible.'),
  reasoningTokens: z.int(),
  imageTokens: z.int().describe('Of the output tokens: those of pictures.'),
  images: z.int().describe('Pictures that were made; those of before they were counted are missing.'),
  videoSeconds: z.int(),
  chargeNano: NanoShape.describe('What is paid; the seven amounts that follow are what it is for, and add up to it.'),
  inputNano: NanoShape,
  cachedInputNano: NanoShape,
  outputNano: NanoShape.describe('Pictures and thoughts apart.'),
  reasoningNano: NanoShape,
  imageNano: NanoShape.describe('For pictures that were made.'),
  videoNano: NanoShape,
  toolNano: NanoShape.describe('For searches and other tools of the provider.'),
  costNano: NanoShape.optional().describe('What providers ask of the operator: for operators alone.'),
  marginNano: NanoShape.optional().describe('Charge less cost: for operators alone.'),
  errorRate: z.number().nullable().describe('(errors + rejected) / (requests + rejected); null without any.'),
  cacheHitRate: z.number().nullable().describe('Share of the input tokens that came from a cache; null without any.'),
  latencyMs: Percentiles.nullable().describe('From admission to the last byte.'),
  firstByteMs: Percentiles.nullable().describe('To the first byte of the answer.'),
})
export type Figures = z.infer<typeof FiguresShape>

/** The figures of what was measured; cost and margin for operators alone. */
export function figuresOf({ sums, latency, firstByte }: Measured, isOperator: boolean): Figures {
  const { costNano, ...told } = sums
  const { chargeNano } = sums
  return {
    ...asTexts(told),
    ...(isOperator && { costNano: costNano.toString(), marginNano: (chargeNano - costNano).toString() }),
    errorRate: errorRateOf(sums),
    cacheHitRate: cacheHitRateOf(sums),
    latencyMs: percentilesOf(latency),
    firstByteMs: percentilesOf(firstByte),
  }
}

type AsTexts<T> = { readonly [Name in keyof T]: T[Name] extends bigint ? string : T[Name] }
const asTexts = <T extends object>(sums: T): AsTexts<T> =>
  Object.fromEntries(
    Object.entries(sums).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'bigint' ? `${value}` : value,
    ]),
  ) as AsTexts<T>

/** What can be shown over time. */
export const metrics = [
  'spend',
  'requests',
  'errors',
  'rejected',
  'errorRate',
  'tokens',
  'inputTokens',
  'cachedInputTokens',
  'outputTokens',
  'reasoningTokens',
  'cacheHitRate',
  'imageTokens',
  'images',
  'videoSeconds',
  'inputSpend',
  'cachedInputSpend',
  'outputSpend',
  'reasoningSpend',
  'imageSpend',
  'videoSpend',
  'toolSpend',
  'latencyP50',
  'latencyP95',
  'latencyP99',
  'firstByteP50',
  'firstByteP95',
  'firstByteP99',
  'cost',
  'margin',
] as const
export type Metric = (typeof metrics)[number]
/** What is the operator's business. */
export const isForOperators = (metric: Metric): boolean => metric === 'cost' || metric === 'margin'
/** Whether it is an amount. */
export const isMoney = (metric: Metric): boolean =>
  metric === 'spend' || isSpendOfKind(metric) || isForOperators(metric)
/** Whether it is what is spent on one kind of usage. */
const isSpendOfKind = (metric: Metric): metric is `${SpendKind}Spend` => metric.endsWith('Spend')
/** Whether it needs histograms. */
const isDuration = (metric: Metric): boolean => /^(?:latency|firstByte)P/.test(metric)

/** A value of a metric: amounts as decimal strings, durations in ms, rates from 0 to 1; null where there is none. */
export type MetricValue = string | number | null

/** The metric of what was measured. */
export function valueOf(metric: Metric, { sums, latency, firstByte }: Measured): MetricValue {
  if (isSpendOfKind(metric)) return sums[amountOf(metric)].toString()
  switch (metric) {
    case 'spend':
      return sums.chargeNano.toString()
    case 'cost':
      return sums.costNano.toString()
    case 'margin':
      return (sums.chargeNano - sums.costNano).toString()
    case 'tokens':
      return sums.inputTokens + sums.cachedInputTokens + sums.outputTokens + sums.reasoningTokens
    case 'errorRate':
      return errorRateOf(sums)
    case 'cacheHitRate':
      return cacheHitRateOf(sums)
    case 'latencyP50':
    case 'latencyP95':
    case 'latencyP99':
      return roundedPercentile(latency, shareOf(metric))
    case 'firstByteP50':
    case 'firstByteP95':
    case 'firstByteP99':
      return roundedPercentile(firstByte, shareOf(metric))
    case 'requests':
    case 'errors':
    case 'rejected':
    case 'inputTokens':
    case 'cachedInputTokens':
    case 'outputTokens':
    case 'reasoningTokens':
    case 'imageTokens':
    case 'images':
    case 'videoSeconds':
      return sums[metric]
  }
}

const amountOf = (metric: `${SpendKind}Spend`): `${SpendKind}Nano` =>
  metric.replace(/Spend$/, 'Nano') as `${SpendKind}Nano`

const tokens = ['inputTokens', 'cachedInputTokens', 'outputTokens', 'reasoningTokens'] as const
const sumsOf: Readonly<Partial<Record<Metric, readonly (keyof Sums)[]>>> = {
  spend: ['chargeNano'],
  cost: ['costNano'],
  margin: ['chargeNano', 'costNano'],
  errorRate: ['requests', 'errors', 'rejected'],
  cacheHitRate: ['inputTokens', 'cachedInputTokens'],
  tokens,
}

/** What metrics are made of. */
export function neededBy(metrics: readonly Metric[]): Needed {
  const sums = metrics.flatMap((metric): readonly (keyof Sums)[] => {
    if (isSpendOfKind(metric)) return [amountOf(metric)]
    return sumsOf[metric] ?? (metric in noSums() ? [metric as keyof Sums] : [])
  })
  return {
    sums: [...new Set(sums)],
    durations: durations.filter((duration) => metrics.some((metric) => metric.startsWith(duration))),
  }
}

/** What groups are ordered by: the metric where it adds up, else how many requests they are. */
export function weightOf(metric: Metric, measured: Measured): number {
  const addsUp = !isDuration(metric) && metric !== 'errorRate' && metric !== 'cacheHitRate'
  return addsUp ? Number(valueOf(metric, measured)) : measured.sums.requests + measured.sums.rejected
}

const shareOf = (metric: string): number => Number(metric.slice(-2)) / 100

function percentilesOf(histogram: Histogram): Figures['latencyMs'] {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => roundedPercentile(histogram, share))
  return p50 === null || p50 === undefined ? null : { p50, p95: p95!, p99: p99! }
}

/** Its digits beyond the third mean nothing. */
function roundedPercentile(histogram: Histogram, share: number): number | null {
  const ms = percentileOf(histogram, share)
  return ms === null ? null : Number(ms.toPrecision(3))
}

const errorRateOf = ({ requests, errors, rejected }: Readonly<Sums>): number | null =>
  ratio(errors + rejected, requests + rejected)
const cacheHitRateOf = ({ inputTokens, cachedInputTokens }: Readonly<Sums>): number | null =>
  ratio(cachedInputTokens, inputTokens + cachedInputTokens)
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
