import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { LineBuffer } from './line-buffer.ts'

test('lines come back as they were added, however long and of whatever characters, behind the free bytes', () => {
  const lines = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 30 })
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 4 }), fc.nat(20), (turns, start) => {
      const buffer = new LineBuffer(64, start)
      for (const turn of turns) {
        for (const line of turn) buffer.add(line)
        const expected = Buffer.from(turn.map((line) => `${line}\n`).join(''))
        expect(buffer.bytes).toBe(expected.length)
        expect(buffer.take().subarray(start)).toEqual(expected)
        expect(buffer.bytes).toBe(0)
      }
    }),
  )
})
