import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createRecordSplitter, dataOf } from './sse.ts'

test('records come out the same however the stream was cut', () => {
  const record = fc
    .string({ minLength: 1 })
    .filter((text) => !/[\r\n]/.test(text))
    .map((text) => `data: ${text}`)
  const end = fc.constantFrom('\n\n', '\r\n\r\n')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(record, end)),
      fc.string().filter((text) => !/[\r\n]/.test(text)),
      fc.array(fc.nat(200)),
      (records, rest, cuts) => {
        const stream = records.flat().join('') + rest
        const splitter = createRecordSplitter()
        const found: string[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          found.push(...splitter.push(stream.slice(at, at + cut)))
          at += cut
        }
        expect(found).toEqual(records.map(([text, blank]) => text + blank))
        expect(splitter.rest()).toBe(rest)
      },
    ),
  )
})

test('the data of a record is its data lines, with or without the space', () => {
  expect(dataOf('data: {"a":1}')).toBe('{"a":1}')
  expect(dataOf('event: x\r\ndata:{"a":\r\ndata: 1}\r\n\r\n')).toBe('{"a":\n1}')
})
