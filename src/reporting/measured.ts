/** What was measured of a set of requests: figures that add up, and histograms of durations; and what of it a report needs. */
import { addHistogram, emptyHistogram, type Histogram } from '../lib/histogram.ts'
import { addSums, noSums, type Duration, type Sums, type UsageSelection } from '../store/reports-db/reports-db.ts'

export type Measured = { readonly sums: Readonly<Sums>; readonly latency: Histogram; readonly firstByte: Histogram }
type Sum = Measured & { readonly sums: Sums }

export const emptyMeasured = (): Sum => ({ sums: noSums(), latency: emptyHistogram(), firstByte: emptyHistogram() })

export function addMeasured(to: Sum, from: Measured): void {
  addSums(to.sums, from.sums)
  addHistogram(to.latency, from.latency)
  addHistogram(to.firstByte, from.firstByte)
}

/** All of them as one. */
export function together(parts: readonly Measured[]): Measured {
  const sum = emptyMeasured()
  for (const part of parts) addMeasured(sum, part)
  return sum
}

export type Needed = Pick<UsageSelection, 'sums' | 'durations'>
export const durations: readonly Duration[] = ['latency', 'firstByte']

export const everything: Needed = { sums: Object.keys(noSums()) as (keyof Sums)[], durations }
/** What is charged, and for how many. */
export const charges: Needed = { sums: ['requests', 'chargeNano'], durations: [] }
