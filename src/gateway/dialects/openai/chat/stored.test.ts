import { expect, test } from 'bun:test'
import type { Made } from '../../../dialect.ts'
import { wholeBodyOf } from '../../../body.ts'
import { chatCompletions } from './completions.ts'

const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const headers = { get: () => null, entries: () => [] }

/** What a stored completion leaves. */
function madeOf(metadata: unknown, created: unknown): Made {
  const asked = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'hi' }], store: true, metadata }
  const reader = chatCompletions.read(wholeBodyOf(bytesOf(asked)), {}, new URLSearchParams()).wire.answer
  if (reader.kind === 'bytes') throw new Error('a completion is read')
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
  return reader.read(bytesOf({ id: 'c1', created, choices }), headers).made![0]!
}

test('a stored completion is listed by its metadata within OpenAI’s limits, whatever its upstream takes beyond them', () => {
  expect(madeOf({ topic: 'sea', long: 'x'.repeat(513), ['n'.repeat(65)]: 'a', number: 1 }, 1).labels).toEqual({
    topic: 'sea',
  })
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`name${at}`, 'value']))
  expect(Object.keys(madeOf(many, 1).labels)).toHaveLength(16)
})

test('a time that no upstream can mean does not keep its charge from being written', () => {
  const now = Date.now()
  for (const created of [1_796_000_000_000_000, -1, 1e300, 1.5, '1', null]) {
    const { createdAt, expiresAt } = madeOf({}, created)
    expect([created, createdAt >= now, Number.isSafeInteger(expiresAt)]).toEqual([created, true, true])
  }
  expect(madeOf({}, 1_796_000_000).createdAt).toBe(1_796_000_000_000)
})
