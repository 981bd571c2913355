/** Whether a soak tells a leak from what collections do, on series that are made up. */
import { describe, expect, test } from 'bun:test'
import { memoryFaults, slopeOf, type MemorySample } from './memory.ts'

/** The same sequence for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * A process as soaks have shown it: filling what has a limit for five minutes, up with each minute's attacks and down
 * when they rest, and now and then not collected for a minute or two, which is 40 to 80 MiB.
 */
function seriesOf({ minutes, leak = 0, seed = 1 }: { minutes: number; leak?: number; seed?: number }): MemorySample[] {
  const random = randomOf(seed)
  const kept = Array.from({ length: minutes + 1 }, () => 40 * random() + (random() < 0.15 ? 40 + 40 * random() : 0))
  return Array.from({ length: minutes * 60 }, (_, second) => ({
    minutes: second / 60,
    rssMiB: 200 + Math.min(second, 300) / 10 + kept[Math.floor(second / 60)]! + (second % 60) + (leak * second) / 60,
  }))
}
const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1)
const slopesOf = (faults: readonly string[]): readonly string[] => faults.filter((fault) => fault.includes('grows'))

describe('memory', () => {
  test('that only rises and falls is no fault over half an hour, in 38 of 40 runs', () => {
    const judged = seeds.filter((seed) => slopesOf(memoryFaults(seriesOf({ minutes: 30, seed }))).length > 0)
    expect(judged.length).toBeLessThanOrEqual(2)
  })

  for (const [leak, minutes] of [
    [5, 30],
    [1.5, 60],
  ] as const)
    test(`that leaks ${leak} MiB a minute beneath that is one after ${minutes} minutes, in 38 of 40 runs`, () => {
      const judged = seeds.filter((seed) => slopesOf(memoryFaults(seriesOf({ minutes, leak, seed }))).length > 0)
      expect(judged.length).toBeGreaterThanOrEqual(38)
    })

  test('has a slope that a few odd minutes do not move', () => {
    const steady = Array.from({ length: 30 * 60 }, (_, second) => ({
      minutes: second / 60,
      rssMiB: 200 + second / 120,
    }))
    const odd = steady.map((each) => (each.minutes >= 26 ? { ...each, rssMiB: each.rssMiB + 150 } : each))
    expect(slopeOf(steady)!.perMinute).toBeCloseTo(0.5, 5)
    expect(slopeOf(odd)!.perMinute).toBeLessThan(1)
  })

  test('is not judged by its slope in a run of less than twenty minutes, however steep', () => {
    expect(slopeOf(seriesOf({ minutes: 19, leak: 10 }))).toBeNull()
    expect(memoryFaults(seriesOf({ minutes: 19, leak: 10 }))).toEqual([])
    expect(memoryFaults(seriesOf({ minutes: 20, leak: 10 }))).toHaveLength(1)
  })

  test('is judged by its peak in a run of any length', () => {
    const short = seriesOf({ minutes: 1 })
    expect(memoryFaults(short)).toEqual([])
    expect(memoryFaults([...short, { minutes: 1, rssMiB: 641 }])).toEqual([
      'memory: 641 MiB at its highest; at most 640 are allowed',
    ])
  })
})
