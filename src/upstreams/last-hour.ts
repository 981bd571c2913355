/**
 * What came of the calls to a deployment in the last hour, minute by minute: how many, how soon the first byte came,
 * and what went wrong. At most 39 kB of each deployment, however many calls there are.
 */
import type { Fault } from './deployment.ts'

type Trouble = Fault | 'connect'

export type HourSeen = {
  /** Calls that have had an answer or a trouble. */
  readonly calls: number
  /** How many failed, by what went wrong; what did not is left out. */
  readonly faults: Readonly<Partial<Record<Trouble, number>>>
  /** ms, off by 5 % at the most; null where nothing was answered. */
  readonly firstByteMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
}

export type LastHour = {
  /** A call was answered. */
  readonly answered: (firstByteMs: number, now: number) => void
  /** A call failed. */
  readonly failed: (trouble: Trouble, now: number) => void
  /** Of the minutes that are not an hour old. */
  readonly seen: (now: number) => HourSeen
}

const minuteMs = 60_000
const minutesMany = 60
/** Each bucket ends a tenth later than the one before, so that its middle is off by 5 % of any of its times. */
const growth = 1.1
const growthLog = Math.log(growth)
/** The last one is of whatever took longer than 65 minutes. */
const bucketsMany = 160

type Minute = { of: number; calls: number; readonly buckets: Uint32Array; faults: Partial<Record<Trouble, number>> }

/** Times are monotonic ms. */
export function createLastHour(): LastHour {
  const minutes: Minute[] = []
  const minuteAt = (now: number): Minute => {
    const of = Math.floor(now / minuteMs)
    const known = (minutes[of % minutesMany] ??= { of, calls: 0, buckets: new Uint32Array(bucketsMany), faults: {} })
    if (known.of !== of) {
      known.of = of
      known.calls = 0
      known.buckets.fill(0)
      known.faults = {}
    }
    return known
  }
  return {
    answered(firstByteMs, now) {
      const minute = minuteAt(now)
      minute.calls += 1
      minute.buckets[bucketOf(firstByteMs)]! += 1
    },
    failed(trouble, now) {
      const minute = minuteAt(now)
      minute.calls += 1
      minute.faults[trouble] = (minute.faults[trouble] ?? 0) + 1
    },
    seen(now) {
      const oldest = Math.floor(now / minuteMs) - minutesMany
      return seenIn(minutes.filter((minute) => minute.of > oldest))
    },
  }
}

const bucketOf = (ms: number): number => (ms <= 1 ? 0 : Math.min(bucketsMany - 1, Math.ceil(Math.log(ms) / growthLog)))

/** The middle of a bucket. */
const msOf = (bucket: number): number => Math.round(growth ** (bucket - 0.5) * 10) / 10

function seenIn(minutes: readonly Minute[]): HourSeen {
  const faults: Partial<Record<Trouble, number>> = {}
  const buckets = Array.from({ length: bucketsMany }, () => 0)
  for (const minute of minutes) {
    for (const [trouble, many] of Object.entries(minute.faults) as [Trouble, number][])
      faults[trouble] = (faults[trouble] ?? 0) + many
    for (const [bucket, many] of minute.buckets.entries()) buckets[bucket]! += many
  }
  const calls = minutes.reduce((sum, minute) => sum + minute.calls, 0)
  return { calls, faults, firstByteMs: percentilesOf(buckets) }
}

function percentilesOf(buckets: readonly number[]): HourSeen['firstByteMs'] {
  const many = buckets.reduce((sum, each) => sum + each, 0)
  if (many === 0) return null
  const at = (share: number): number => {
    let left = Math.ceil(many * share)
    return msOf(buckets.findIndex((each) => (left -= each) <= 0))
  }
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
