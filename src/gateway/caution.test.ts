import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { zeroNano, type Nano } from '../lib/amounts.ts'
import { createCaution } from './caution.ts'

const nano = (amount: number): Nano => BigInt(amount) as Nano
const a = { organizationId: 'a', mode: 'live' } as const
const b = { organizationId: 'b', mode: 'live' } as const
const open = () => {
  const time = { now: 0 }
  return { time, caution: createCaution({ now: () => time.now, monotonic: () => time.now }) }
}

describe('caution', () => {
  test('lasts an hour from the last time, for the organization and its mode alone', () => {
    const { time, caution } = open()
    caution.beWary(a)
    time.now = 1_800_000
    caution.beWary(a)
    time.now = 3_600_000 + 1_799_999
    expect([a, b, { ...a, mode: 'test' as const }].map(caution.isWary)).toEqual([true, false, false])
    time.now += 1
    expect(caution.isWary(a)).toBe(false)
  })

  test('whatever comes and ends, what is exposed stays within its bound, or is one request by itself', () => {
    const step = fc.record({ amount: fc.integer({ min: 1, max: 60 }), within: fc.nat(100), ends: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { caution } = open()
        const underWay: Nano[] = []
        for (const { amount, within, ends } of steps) {
          const sum = underWay.reduce((total, each) => total + each, 0n)
          const isTaken = caution.expose(a, nano(amount), nano(within))
          expect(isTaken).toBe(underWay.length === 0 || sum + BigInt(amount) <= BigInt(within))
          if (isTaken) underWay.push(nano(amount))
          for (const ended of underWay.splice(0, ends)) caution.cover(a, ended)
        }
        for (const ended of underWay) caution.cover(a, ended)
        expect(caution.expose(a, nano(1), zeroNano)).toBe(true)
        expect(caution.expose(b, nano(1_000), zeroNano)).toBe(true)
      }),
    )
  })
})
