import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatUsd, parseUsd } from './amounts.ts'

test('an amount reads the same as a number and as the decimal that it is kept as', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (nano) => {
      expect(formatUsd(nano.toString())).toBe(formatUsd(nano))
    }),
  )
  expect(['0', '-5', '123456', '25000000000'].map((nano) => formatUsd(nano))).toEqual([
    '0.00',
    '-0.000000005',
    '0.000123456',
    '25.00',
  ])
})

test('what is written is read as the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (nano) => {
      expect(parseUsd(formatUsd(nano)) as bigint).toBe(nano)
    }),
  )
})
