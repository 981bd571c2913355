import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { usageClasses } from '../money/usage.ts'
import { spendOf, type SpendKind } from './spend.ts'

const line = (name: string, amountPico: bigint) =>
  ({ class: name, quantity: 1, unit: 'token', picoPerUnit: '1', amountPico: amountPico.toString() }) as const
const lines = fc.array(
  fc
    .record({ name: fc.constantFrom(...usageClasses, 'ofLater'), pico: fc.bigInt({ min: 0n, max: 10n ** 15n }) })
    .map(({ name, pico }) => line(name, pico)),
  { maxLength: 8 },
)

test('what a charge is for adds up to it, and is what each line says, rounded, where all of it is charged', () => {
  fc.assert(
    fc.property(lines, fc.nat(1_000_000), fc.boolean(), (lines, part, isWhole) => {
      const pico = lines.reduce((sum, { amountPico }) => sum + BigInt(amountPico), 0n)
      const rated = (pico + 999n) / 1_000n
      const charge = isWhole ? rated : (rated * BigInt(part)) / 1_000_000n
      const spend = spendOf({ lines, chargeNano: charge.toString() })
      expect(Object.values(spend).reduce((sum, nano) => sum + nano, 0n)).toBe(charge)
      for (const nano of Object.values(spend)) expect(nano >= 0n).toBe(true)
      if (!isWhole) return
      const videoPico = lines
        .filter(({ class: name }) => name.startsWith('videoSecond'))
        .map(({ amountPico }) => BigInt(amountPico))
      const off = spend.video * 1_000n - videoPico.reduce((sum, each) => sum + each, 0n)
      expect((off < 0n ? -off : off) <= BigInt(videoPico.length + 1) * 1_000n).toBe(true)
    }),
  )
})

test('every class of usage is of a kind that people look for', () => {
  const kinds = usageClasses.map((name): [string, SpendKind] => {
    const spend = spendOf({ lines: [line(name, 1_000n)], chargeNano: '1' })
    return [name, (Object.keys(spend) as SpendKind[]).find((kind) => spend[kind] === 1n)!]
  })
  expect(Object.groupBy(kinds, ([, kind]) => kind)).toMatchObject({
    image: [
      ['imageOutput', 'image'],
      ['toolImageOutput', 'image'],
    ],
    video: [
      ['videoSecond', 'video'],
      ['videoSecond1024p', 'video'],
      ['videoSecond1080p', 'video'],
    ],
    reasoning: [['reasoning', 'reasoning']],
    output: [
      ['output', 'output'],
      ['audioOutput', 'output'],
    ],
  })
  expect(kinds.filter(([, kind]) => kind === 'tool').map(([name]) => name)).toEqual([
    'searchQuery',
    'groundedPrompt',
    'mapsQuery',
    'webSearchCall',
    'toolInput',
    'toolCachedInput',
    'toolImageInput',
    'toolCachedImageInput',
    'toolOutput',
  ])
})
