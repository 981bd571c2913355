import { expect, test } from 'bun:test'
import { nanoOf, queryOf, readRequestsSearch } from './requests-search.ts'

test('an amount is asked for to the nano, and what is no amount is not asked for', () => {
  const cases = { '1': '1000000000', '0.25': '250000000', '0.000000001': '1', '0': '0', '12.': '12000000000' }
  for (const [usd, nano] of Object.entries(cases)) expect(nanoOf(usd)).toBe(nano)
  for (const wrong of ['', '-1', '1e3', '0.0000000001', 'x', undefined]) expect(nanoOf(wrong)).toBeUndefined()
})

test('a URL is read for what it knows, and nothing else of it is asked', () => {
  const search = readRequestsSearch({ model: 'gpt-5.4', outcome: 'maybe', costMin: '0.5', colour: 'red', since: 'now' })
  expect(search).toEqual({ model: 'gpt-5.4', costMin: '0.5' })
  const query = queryOf({ ...search, zone: 'UTC' }, 'test', Date.parse('2026-11-30T12:00:30Z'))
  expect(query).toMatchObject({
    mode: 'test',
    from: '2026-11-29T12:01:00.000Z',
    to: '2026-11-30T12:01:00.000Z',
    zone: 'UTC',
    model: 'gpt-5.4',
    chargeMin: '500000000',
  })
})

test('what is no good in a URL is undefined rather than left out, so that the router gives no page what somebody wrote', () => {
  const search = readRequestsSearch({ since: 'T', zone: 'Mars/X', range: 'eon', from: '9999-99-99', outcome: 'maybe' })
  for (const name of ['since', 'zone', 'range', 'from', 'outcome'])
    expect([name, name in search, search[name as keyof typeof search]]).toEqual([name, true, undefined])
})
