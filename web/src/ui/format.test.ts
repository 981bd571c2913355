import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  decimalUsd,
  exactUsd,
  shownAgo,
  shownRate,
  shownBalance,
  shownBytes,
  shownCount,
  shownDuration,
  shownShare,
  shownTime,
  shownUsd,
  wholeUsd,
} from './format.ts'

const plain = (text: string): string => text.replaceAll(/[\u00A0\u202F]/g, ' ')

test('an amount of nano-USD is the same amount in USD, to the nano, and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (nano) => {
      const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(exactUsd(nano.toString()))!
      expect(BigInt(`${sign}${whole}${fraction.padEnd(9, '0')}`)).toBe(nano)
    }),
  )
})

test('an amount is shown as its reader writes it, and never as nothing when it is something', () => {
  const shown = ['0', '12500000', '1', '999999999', '1000000000', '-1234567890000', '43000', '500000000'].map((nano) =>
    shownUsd(nano, 'en-US'),
  )
  expect(shown).toEqual(['$0.00', '$0.0125', '$0.000000001', '$1.00', '$1.00', '-$1,234.57', '$0.000043', '$0.50'])
  expect(plain(shownUsd('-1234567890000', 'de-DE'))).toBe('-1.234,57 $')
  expect(wholeUsd('123456789012345678', 'en-US')).toBe('$123,456,789.012345678')
  expect(decimalUsd('0.000000000001', 'en-US')).toBe('$0.000000000001')
  expect(wholeUsd('9007199254740993000000001', 'en-US')).toBe('$9,007,199,254,740,993.000000001')
})

test('what there is to spend is never shown as more than it is, nor as nothing where there is something', () => {
  const shown = (nano: string) => shownBalance(nano, 'en-US')
  const amounts = ['0', '100000000000', '99997475000', '99999999999', '1234567899999', '9999999', '1', '-2500001']
  expect(amounts.map(shown)).toEqual([
    '$0.00',
    '$100.00',
    '$99.9974',
    '$99.9999',
    '$1,234.56',
    '$0.00999',
    '$0.000000001',
    '-$0.00251',
  ])
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (nano) => {
      const [whole, fraction = ''] = shown(nano.toString()).replaceAll(/[$,]/g, '').split('.')
      const said = BigInt(whole + fraction.padEnd(9, '0'))
      expect([said <= nano, said === 0n]).toEqual([true, nano === 0n])
    }),
  )
})

test('counts, shares, bytes and durations are short and say their unit', () => {
  expect(shownCount(1_234_567, { language: 'en-US' })).toBe('1,234,567')
  expect(shownCount(1_234_567, { isShort: true, language: 'en-US' })).toBe('1.2M')
  expect(shownShare(0.0123, 'en-US')).toBe('1.2%')
  expect(shownBytes(1_500_000, 'en-US')).toBe('1.5 MB')
  const durations = [0, 240, 1_240, 12_340, 125_000, 11_520_000, 345_600_000].map((ms) => shownDuration(ms, 'en-US'))
  expect(durations).toEqual(['0 ms', '240 ms', '1.24 sec', '12.3 sec', '2 min 5 sec', '3 hr 12 min', '4 days'])
})

test('a time is shown in the zone that is asked for, across a change of its clocks', () => {
  const at = (iso: string): string => shownTime(iso, 'second', { zone: 'Europe/Berlin', language: 'en-GB' })
  expect(at('2026-10-25T00:59:59Z')).toBe('25 Oct 2026, 02:59:59')
  expect(at('2026-10-25T01:00:00Z')).toBe('25 Oct 2026, 02:00:00')
  expect(at('2026-10-25T02:00:00Z')).toBe('25 Oct 2026, 03:00:00')
})

test('how long ago is said as long as that says more than a date', () => {
  const now = Date.parse('2026-11-30T12:00:00Z')
  expect(shownAgo('2026-11-30T11:57:00Z', now, 'en-US')).toBe('3 min. ago')
  expect(shownAgo('2026-12-02T12:00:00Z', now, 'en-US')).toBe('in 2 days')
  expect(shownAgo('2026-11-30T12:00:00Z', now, 'en-US')).toBe('now')
  expect(shownAgo('2026-01-01T12:00:00Z', now, 'en-US')).toBeNull()
})

test('how many a second is written to a tenth, as the reader writes it', () => {
  expect(shownRate(2.44, 'en-US')).toBe('2.4')
  expect(shownRate(2.44, 'de-DE')).toBe('2,4')
})
