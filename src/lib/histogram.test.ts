import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  addBytes,
  addHistogram,
  bytesOf,
  emptyHistogram,
  percentileErrorMax,
  percentileOf,
  slotOf,
  type Histogram,
} from './histogram.ts'

const histogramOf = (durations: readonly number[]): Histogram => {
  const histogram = emptyHistogram()
  for (const ms of durations) histogram[slotOf(ms)]! += 1
  return histogram
}
/** The smallest duration that so large a share of all do not exceed. */
const exactPercentile = (durations: readonly number[], share: number): number =>
  durations.toSorted((a, b) => a - b)[Math.ceil(share * durations.length) - 1]!

const durations = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 3_600_000 }), fc.double({ min: 0, max: 50, noNaN: true })),
  {
    minLength: 1,
    maxLength: 300,
  },
)

test('a percentile is within 4 % of the exact one, whatever was measured', () => {
  expect(percentileErrorMax).toBeLessThan(0.04)
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (measured, share) => {
      const exact = exactPercentile(measured, share)
      const told = percentileOf(histogramOf(measured), share)!
      const errorMax = exact < 1 ? 0.5 : exact * (percentileErrorMax + 1e-6)
      expect(Math.abs(told - exact)).toBeLessThanOrEqual(errorMax)
    }),
  )
})

test('parts that are written and added up have the percentiles of the whole', () => {
  fc.assert(
    fc.property(durations, durations, (one, other) => {
      const [written, sum] = [emptyHistogram(), emptyHistogram()]
      addBytes(written, Buffer.concat([one, other].map((part) => bytesOf(histogramOf(part)))))
      for (const part of [one, other]) addHistogram(sum, histogramOf(part))
      expect([written, sum]).toEqual([histogramOf([...one, ...other]), histogramOf([...one, ...other])])
    }),
  )
})

test('large counts are kept, none at all has no percentile, and what cannot be is refused', () => {
  const [histogram, again] = [emptyHistogram(), emptyHistogram()]
  histogram[slotOf(40)] = 3_000_000_000
  addBytes(again, bytesOf(histogram))
  expect(again).toEqual(histogram)
  expect([bytesOf(emptyHistogram()).length, percentileOf(emptyHistogram(), 0.5)]).toEqual([0, null])
  histogram[1] = -1
  expect(() => bytesOf(histogram)).toThrow('slot 1 of a histogram counts -1')
})
