import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { recordsOf } from './records.ts'

const text =
  ': ping\n\ndata: {"a":1}\n\nevent: x\r\ndata:{"b":\r\ndata: "ü"}\r\n\r\n\n\ndata: {"c":3}\n\ndata: [DONE]\n\ndata: {"d":4}\n\n'
const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
const all = (pieces: readonly Uint8Array[]): Promise<string[]> => Array.fromAsync(recordsOf(streamOf(pieces)))

test('records are the same, wherever their bytes are cut', async () => {
  const bytes = new TextEncoder().encode(text)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end))
      expect(await all(pieces)).toEqual(['{"a":1}', '{"b":\n"ü"}', '{"c":3}'])
    }),
    { numRuns: 50 },
  )
})

test('a last record without its blank line is one', async () => {
  expect(await all([new TextEncoder().encode('data: 1\n\ndata: 2')])).toEqual(['1', '2'])
})
