/** A soak in small: that it tells right from wrong is tried here; that nothing leaks takes `npm run soak` its half hour. */
import { expect, test } from 'bun:test'
import { slopePerMinute } from './samples.ts'
import { soak } from './soak.ts'

const ms = 10_000

test('good and bad clients together: no charge is lost or doubled, by the counts of those who served', async () => {
  const { faults, figures } = await soak({ ms, signal: new AbortController().signal, judgesMemory: false })
  console.log(`soak: ${JSON.stringify(figures)}`)
  expect(faults).toEqual([])
  expect(figures['requests in the ledger']).toBeGreaterThan(200)
  expect(figures['attacks']).toBeGreaterThan(2)
}, 120_000)

test('memory that rises and falls has no slope, and what is leaked beneath it has', () => {
  const samples = Array.from({ length: 30 * 60 }, (_, second) => ({
    minutes: second / 60,
    // Up and down by half, each minute; and filling what has a limit, to begin with.
    rssMiB: 200 + Math.min(second, 300) / 10 + 50 * Math.sin((second / 60) * 2 * Math.PI),
  }))
  expect(Math.abs(slopePerMinute(samples))).toBeLessThan(0.1)
  const leaking = samples.map(({ minutes, rssMiB }) => ({ minutes, rssMiB: rssMiB + 1.5 * minutes }))
  expect(slopePerMinute(leaking)).toBeGreaterThan(1.3)
})
