import { expect, test } from 'bun:test'
import type { ModelKind } from '../../catalog/catalog.ts'
import { recordBytesMax, wholeBytesMax } from './record-stream.ts'

const mebibyte = 1024 * 1024
const limits = (kind: ModelKind | null, tool: ModelKind | null = null): readonly number[] => {
  const call = { model: kind && { kind }, toolModel: tool && { kind: tool } }
  return [wholeBytesMax(call) / mebibyte, recordBytesMax(call) / mebibyte]
}

test('an answer that is read whole ends at 64 MiB, and where it holds pictures or vectors at 256', () => {
  expect([limits('text'), limits(null)]).toEqual([
    [64, 16],
    [64, 16],
  ])
  expect([limits('image'), limits('text', 'image')]).toEqual([
    [256, 64],
    [256, 64],
  ])
  expect(limits('embeddings')).toEqual([256, 16])
})
