/**
 * Histograms of durations that can be added up, with percentiles that are right to 4 %: each slot is 8 % wide, and its
 * middle stands for what is in it. Below a millisecond there is one slot.
 */

/** How many durations are in each slot. */
export type Histogram = Float64Array

const slotRatio = 1.08
const slotsMany = 256
const logRatio = Math.log(slotRatio)

export const emptyHistogram = (): Histogram => new Float64Array(slotsMany)

/** What a percentile is off by at most, as a share of it; half a millisecond for durations below one. */
export const percentileErrorMax = Math.sqrt(slotRatio) - 1

/** The slot of a duration in ms; the last is for everything beyond three days. */
export const slotOf = (ms: number): number =>
  ms < 1 ? 0 : Math.min(slotsMany - 1, 1 + Math.floor(Math.log(ms) / logRatio + floorSlack))
/** So that a bound is in the slot that it begins, whatever its logarithm was rounded to. */
const floorSlack = 1e-9

/** Adds one histogram to another. */
export function addHistogram(to: Histogram, from: Histogram): void {
  for (let slot = 0; slot < slotsMany; slot += 1) to[slot]! += from[slot]!
}

/** Adds what is written in bytes, of one histogram or of several behind one another. */
export function addBytes(histogram: Histogram, bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) {
    const slot = bytes[at++]!
    let count = 0
    for (let scale = 1; ; scale *= base) {
      const byte = bytes[at++]!
      count += (byte & lowBits) * scale
      if (byte < base) break
    }
    histogram[slot]! += count
  }
}

/** As bytes: of each slot its number and its count, seven bits to a byte, the lowest first. Throws where a count is below zero. */
export function bytesOf(histogram: Histogram): Uint8Array {
  const bytes: number[] = []
  for (let slot = 0; slot < slotsMany; slot += 1) {
    let rest = histogram[slot]!
    if (rest === 0) continue
    if (rest < 0) throw new Error(`slot ${slot} of a histogram counts ${rest}`)
    bytes.push(slot)
    for (; rest >= base; rest = Math.floor(rest / base)) bytes.push((rest % base) | base)
    bytes.push(rest)
  }
  return Uint8Array.from(bytes)
}
const base = 128
const lowBits = 127

/** The duration in ms that a share (0.95) of all do not exceed, to 4 %; null where there are none. */
export function percentileOf(histogram: Histogram, share: number): number | null {
  const all = histogram.reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  let slot = 0
  for (let below = histogram[0]!; below < share * all; below += histogram[slot]!) slot += 1
  return slot === 0 ? 0.5 : slotRatio ** (slot - 0.5)
}
