import { expect, test } from 'bun:test'
import { wholeBodyOf } from '../../../body.ts'
import { embeddings } from './embeddings.ts'
import { readerOf } from '../../test-reader.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (input: unknown) => {
  const text = JSON.stringify({ model: 'text-embedding-3-small', input })
  return embeddings.read(wholeBodyOf(encode(text)), {}, new URLSearchParams())
}

test.each([
  ['one list', [100_000, 100_001, 100_002], 3],
  ['a list of lists', [[100_000], [7, 8], [9]], 4],
])('token ids count by their number, in the hold and in the estimate: %s', (_, input, tokens) => {
  const asked = read(input)
  expect(asked).toMatchObject({ demand: { input: { max: tokens, guess: tokens } } })
  expect(asked.demand!.prompt()).toEqual({ text: '', other: { input: tokens } })
})

test('texts are held by their bytes and counted by tokenizer', () => {
  expect(read(['one', 'two']).demand!.prompt()).toEqual({ text: 'one\ntwo', other: { input: 0 } })
  expect(read('one').demand!.prompt().text).toBe('one')
  expect(read('one').demand!.input.max).toBeGreaterThanOrEqual(3)
})

test('where the total alone is told, it is the prompt', () => {
  const usage = (told: object) =>
    readerOf(read('x')).read(
      encode(JSON.stringify({ object: 'list', data: [{ embedding: [1] }], usage: told })),
      new Headers(),
    )
  expect(usage({ total_tokens: 8 })).toMatchObject({ usage: { input: 8 }, mismatch: false })
  expect(usage({ prompt_tokens: 8, total_tokens: 8 })).toMatchObject({ usage: { input: 8 }, mismatch: false })
  expect(usage({ prompt_tokens: 'x', total_tokens: 8 })).toMatchObject({ usage: { input: 8 }, mismatch: true })
})
