import { expect, test } from 'bun:test'
import { UsageParameters, usageQuery, usageReport } from './usage-report.ts'

const now = Date.parse('2026-11-23T08:15:30Z')
const queryOf = (parameters: Record<string, string>) =>
  usageQuery({ organizationId: 'org_a', mode: 'live' }, UsageParameters.parse(parameters), now)
const iso = (at: number): string => new Date(at).toISOString()

test('a report runs from the start of the month to now unless it is asked otherwise', () => {
  const { by, from, to } = queryOf({})
  expect([by, iso(from), iso(to)]).toEqual(['model', '2026-11-01T00:00:00.000Z', '2026-11-23T08:16:00.000Z'])
  expect(iso(queryOf({ to: '2026-10-09' }).from)).toBe('2026-10-01T00:00:00.000Z')
  expect(iso(queryOf({ from: '2026-11-22T10:00:00+02:00' }).from)).toBe('2026-11-22T08:00:00.000Z')
})

test('moments without a zone, unknown groupings and unknown parameters are refused', () => {
  for (const wrong of [
    { from: '2026-11-22T10:00:00' },
    { from: 'yesterday' },
    { by: 'colour' },
    { form: '2026-11-01' },
  ])
    expect(UsageParameters.safeParse(wrong).success).toBe(false)
})

const media = { images: 2, videoSeconds: 8, imageNano: 30n, videoNano: 40n }

test('the total is the exact sum of the rows, beyond what a double can count', () => {
  const row = {
    requests: 1,
    errors: 0,
    inputTokens: 2,
    cachedInputTokens: 3,
    outputTokens: 4,
    reasoningTokens: 5,
    ...media,
  }
  const report = usageReport(
    queryOf({}),
    [
      { ...row, group: 'a', chargeNano: 1n },
      { ...row, group: 'b', chargeNano: 9_007_199_254_740_993n },
    ],
    { now, names: new Map([['a', 'Acme']]) },
  )
  expect(report.rows.map(({ group, name }) => [group, name])).toEqual([
    ['b', null],
    ['a', 'Acme'],
  ])
  expect(report.total).toMatchObject({
    requests: 2,
    reasoningTokens: 10,
    chargeNano: '9007199254740994',
    chargeUsd: '9007199.254740994',
    images: 4,
    videoSeconds: 16,
    imageNano: '60',
    imageUsd: '0.00000006',
    videoNano: '80',
    videoUsd: '0.00000008',
  })
})

test('a report by day has every day of the span up to today, in order, those without a request included', () => {
  const row = {
    requests: 1,
    errors: 0,
    inputTokens: 2,
    cachedInputTokens: 3,
    outputTokens: 4,
    reasoningTokens: 5,
    ...media,
  }
  const daysOf = (parameters: Record<string, string>) =>
    usageReport(queryOf({ by: 'day', ...parameters }), [{ ...row, group: '2026-11-21', chargeNano: 7n }], {
      now,
      names: new Map(),
    }).rows.map(({ group, chargeNano }) => [group, chargeNano])
  expect(daysOf({ from: '2026-11-20T13:00:00Z', to: '2026-12-24' })).toEqual([
    ['2026-11-20', '0'],
    ['2026-11-21', '7'],
    ['2026-11-22', '0'],
    ['2026-11-23', '0'],
  ])
  expect(daysOf({ from: '2026-11-21', to: '2026-11-22' })).toEqual([['2026-11-21', '7']])
  expect(daysOf({ from: '2026-12-01', to: '2026-12-02' })).toEqual([])
  // The first day of a span that begins in another zone is the day of UTC that it begins in.
  expect(daysOf({ from: '2026-11-21T00:00:00+05:30', to: '2026-11-21T06:00:00Z' })[0]).toEqual(['2026-11-20', '0'])
})
