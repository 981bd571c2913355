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

const answerWith = (data: unknown): Uint8Array =>
  encode(JSON.stringify({ object: 'list', data, usage: { prompt_tokens: 8, total_tokens: 8 } }, null, 1))

test.each([
  ['numbers', [{ object: 'embedding', index: 0, embedding: [-0.1, 2] }]],
  ['base64', [{ embedding: 'AACAPw==', object: 'embedding' }]],
  ['one for each token', [{ embedding: [[0.1], [0.2]] }]],
  ['one for a whole list', [{ embedding: [1] }]],
  ['of what is no number, as JSON has it', [{ embedding: [null, 1e-45] }]],
])('an answer with vectors is one: %s', (_, data) => {
  expect(readerOf(read(['x', 'y'])).read(answerWith(data), new Headers())).toMatchObject({ usage: { input: 8 } })
})

test.each([
  ['null', [{ object: 'embedding', index: 0, embedding: null }]],
  ['one of them null', [{ embedding: [1] }, { embedding: null }]],
  ['empty', [{ embedding: [] }]],
  ['an empty text', [{ embedding: '' }]],
  ['none', [{ object: 'embedding', index: 0 }]],
])('an answer whose vectors are nothing is none, so that nothing is owed: %s', (_, data) => {
  expect(() => readerOf(read(['x', 'y'])).read(answerWith(data), new Headers())).toThrow()
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
