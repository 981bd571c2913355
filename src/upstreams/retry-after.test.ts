import { expect, test } from 'bun:test'
import { durationMs } from './rate-standing.ts'
import { msUntilPacificMidnight, retryAfterInWords, retryAfterMs } from './retry-after.ts'

const now = Date.parse('2026-10-21T07:27:00Z')
const after = (headers: Record<string, string>): number | null => retryAfterMs(new Headers(headers), now)

test('the wait is read from headers, in ms, in seconds or as a date', () => {
  expect(after({ 'retry-after': '7' })).toBe(7_000)
  expect(after({ 'retry-after': '0.25' })).toBe(250)
  expect(after({ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' })).toBe(60_000)
  expect(after({ 'retry-after-ms': '12.5', 'retry-after': '7' })).toBe(13)
  expect(after({ 'retry-after-ms': 'soon', 'retry-after': '7' })).toBe(7_000)
})

test('a wait is between nothing and a day', () => {
  expect(after({ 'retry-after': '0' })).toBe(0)
  expect(after({ 'retry-after': '9999999999' })).toBe(86_400_000)
  expect(after({ 'retry-after': 'Wed, 21 Oct 2020 07:28:00 GMT' })).toBe(0)
  expect(after({ 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' })).toBe(86_400_000)
})

test('nonsense is no wait', () => {
  for (const text of ['', '-1', 'soon', '1e3', '5 s', 'NaN', 'Infinity', 'Wed, 99 Foo 2026 07:28:00 GMT'])
    expect([text, after({ 'retry-after': text, 'retry-after-ms': text })]).toEqual([text, null])
  expect(after({})).toBeNull()
})

test('the wait is read from words', () => {
  expect(retryAfterInWords('… tier. Please retry after 12 seconds. Please go here …')).toBe(12_000)
  expect(retryAfterInWords('Please retry after 1 second.')).toBe(1_000)
  expect(retryAfterInWords('Please retry after 250 milliseconds.')).toBe(250)
  expect(retryAfterInWords('Rate limit is exceeded. Try again in 38 seconds.')).toBe(38_000)
  expect(retryAfterInWords('Please try again in 6m0s. Visit …')).toBe(360_000)
  expect(retryAfterInWords('Please try again in 174ms.')).toBe(174)
  for (const text of ['', 'Please try again later.', 'retry after lunch', 'try again in 5 minutes'])
    expect([text, retryAfterInWords(text)]).toEqual([text, null])
})

test("durations are Go's or plain seconds", () => {
  const read: Readonly<Record<string, number>> = {
    '1s': 1_000,
    '6m0s': 360_000,
    '120ms': 120,
    '1h2m': 3_720_000,
    '1h2m3.5s': 3_723_500,
    '7.66s': 7_660,
    '10': 10_000,
    '48h0m0s': 86_400_000,
  }
  for (const [text, ms] of Object.entries(read)) expect([text, durationMs(text)]).toEqual([text, ms])
  for (const text of [null, '', 's', '1x', '-1s', '1s!', '1 s', 'soon']) expect(durationMs(text)).toBeNull()
})

test("Google's day ends at midnight in California, in summer and in winter", () => {
  expect(msUntilPacificMidnight(Date.parse('2026-07-01T06:59:00Z'))).toBe(60_000)
  expect(msUntilPacificMidnight(Date.parse('2026-12-01T07:59:00Z'))).toBe(60_000)
  expect(msUntilPacificMidnight(Date.parse('2026-12-01T08:00:00Z'))).toBe(86_400_000)
})
