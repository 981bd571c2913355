/** A soak in small: that it tells right from wrong is tried here; that nothing leaks takes `npm run soak` its half hour. */
import { expect, test } from 'bun:test'
import { soak } from './soak.ts'

const ms = 10_000

test('good and bad clients together: no charge is lost or doubled, by the counts of those who served', async () => {
  const { faults, figures } = await soak({ ms, signal: new AbortController().signal })
  console.log(`soak: ${JSON.stringify(figures)}`)
  expect(faults).toEqual([])
  expect(figures['requests in the ledger']).toBeGreaterThan(200)
  expect(figures['attacks']).toBeGreaterThan(2)
}, 120_000)
