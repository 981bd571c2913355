/** Whether memory grew: it rises with what is under way and falls with collections, and what is leaked never comes down again. */

export type MemorySample = {
  /** Since the beginning. */
  readonly minutes: number
  readonly rssMiB: number
}

/** MiB a minute: as it is best told, and what it is at least with odds of 99 in 100. */
export type Slope = { readonly perMinute: number; readonly atLeast: number }

/** What a leak of a few bytes a request comes to at this load. */
const slopeMiBMax = 1
/** The goal of every attack by itself (`test/faults/attack-support.ts`), and what good clients need beside it. */
const peakMiBMax = 640
/** A shorter run has no slope: over eight minutes of a process that leaks nothing, collections alone made up to 6 MiB a minute. */
const slopeMinutesMin = 20

/** What is wrong, in words. A short run is judged by its peak alone. */
export function memoryFaults(samples: readonly MemorySample[]): readonly string[] {
  const peakMiB = Math.max(...samples.map(({ rssMiB }) => rssMiB))
  const slope = slopeOf(samples)
  return [
    ...(peakMiB > peakMiBMax ? [`memory: ${peakMiB} MiB at its highest; at most ${peakMiBMax} are allowed`] : []),
    ...(slope && slope.perMinute > slopeMiBMax && slope.atLeast > 0
      ? [`memory: grows by ${inWords(slope)}; at most ${slopeMiBMax} is allowed`]
      : []),
  ]
}

export const inWords = (slope: Slope | null): string =>
  slope
    ? `${slope.perMinute.toFixed(2)} MiB a minute (at least ${slope.atLeast.toFixed(2)})`
    : `not judged: that takes ${slopeMinutesMin} minutes`

/**
 * By how much the least memory of each whole minute grows over the last two thirds: the median of the slopes between any
 * two of them, which up to a quarter of odd minutes cannot move far (Theil and Sen), with the bound that Kendall's rank
 * statistic gives. null for a run that is too short.
 */
export function slopeOf(samples: readonly MemorySample[]): Slope | null {
  const whole = Math.floor((samples.at(-1)?.minutes ?? 0) + 0.1)
  if (whole < slopeMinutesMin) return null
  const lows = lowsOf(samples, Math.ceil(whole / 3), whole)
  const slopes = lows
    .flatMap((low, at) => lows.slice(at + 1).map((later) => (later.mib - low.mib) / (later.minute - low.minute)))
    .toSorted((a, b) => a - b)
  const spread = oddsOf99In100 * Math.sqrt((lows.length * (lows.length - 1) * (2 * lows.length + 5)) / 18)
  return { perMinute: at(slopes, slopes.length / 2), atLeast: at(slopes, (slopes.length - spread) / 2) }
}

/** Standard deviations of a normal distribution. */
const oddsOf99In100 = 2.326

function lowsOf(samples: readonly MemorySample[], from: number, to: number) {
  const settled = samples.filter(({ minutes }) => minutes >= from && minutes < to)
  const byMinute = Map.groupBy(settled, ({ minutes }) => Math.floor(minutes))
  return [...byMinute].map(([minute, inIt]) => ({ minute, mib: Math.min(...inIt.map(({ rssMiB }) => rssMiB)) }))
}

/** Between the two of a sorted list that a place is between. */
function at(sorted: readonly number[], place: number): number {
  const last = sorted.length - 1
  const below = Math.min(Math.max(Math.ceil(place) - 1, 0), last)
  return (sorted[below]! + sorted[Math.min(Math.max(Math.floor(place), 0), last)]!) / 2
}
