/** Calls as servers tell of them: with numbers and ids, with the same for each, or with none. */
import { expect, test } from 'bun:test'
import type { Fields } from '../items.ts'
import { followAsChat } from './stream.ts'

const chunk = (delta: object, reason: string | null = null): string =>
  `data: ${JSON.stringify({ model: 'llama', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`

/** What the response has in the end. */
function outputOf(pieces: readonly string[]): readonly Fields[] {
  const ways = { hasAnnotationChunks: false, reportsStreamUsage: true, recordBytesMax: 1_000_000 }
  const reader = followAsChat({ model: 'llama', input: 'hi' }, '7', ways)
  const stream = [...pieces, chunk({}, 'tool_calls'), 'data: [DONE]\n\n'].join('')
  const events = new TextDecoder().decode(
    Buffer.concat([reader.take(new TextEncoder().encode(stream)), reader.close()]),
  )
  const last = events.split('\ndata: ').at(-1)!
  return (JSON.parse(last) as { response: { output: readonly Fields[] } }).response.output
}

const piece = (index: number | null, id: string | null, name: string | null, given: string): string =>
  chunk({
    tool_calls: [
      {
        ...(index !== null && { index }),
        ...(id !== null && { id }),
        function: { ...(name !== null && { name }), arguments: given },
      },
    ],
  })
test.each([
  ['of one number (Ollama)', [piece(0, 'a', 'f', '{"a":1}'), piece(0, 'b', 'f', '{"b":2}')]],
  ['of one number and one name, without ids', [piece(0, null, 'f', '{"a":1}'), piece(0, null, 'g', '{"b":2}')]],
  ['without numbers', [piece(null, 'a', 'f', '{"a":'), piece(null, 'a', null, '1}'), piece(null, 'b', 'f', '{"b":2}')]],
  [
    'without numbers and ids',
    [piece(null, null, 'f', '{"a":'), piece(null, null, null, '1}'), piece(null, null, 'f', '{"b":2}')],
  ],
  [
    'that begin without a name',
    [piece(0, 'a', null, ''), piece(0, null, 'f', '{"a":1}'), piece(1, 'b', 'f', '{"b":2}')],
  ],
  [
    'with a new id for each piece',
    [piece(0, 'a', 'f', '{"a":'), piece(0, 'x', 'f', '1}'), piece(1, 'b', 'f', '{"b":'), piece(1, 'y', '', '2}')],
  ],
  [
    'in turns',
    [piece(0, 'a', 'f', '{"a":'), piece(1, 'b', 'f', '{"b":'), piece(0, null, null, '1}'), piece(1, null, null, '2}')],
  ],
  [
    'in one piece, without numbers and ids',
    [chunk({ tool_calls: ['{"a":1}', '{"b":2}'].map((given) => ({ function: { name: 'f', arguments: given } })) })],
  ],
])('two calls at once %s are two', (_, pieces) => {
  const output = outputOf(pieces)
  expect(output.map((item) => item['arguments'])).toEqual(['{"a":1}', '{"b":2}'])
  expect(output.every(({ name }) => name === 'f' || name === 'g')).toBe(true)
  expect(new Set(output.map((item) => item['call_id'])).size).toBe(2)
})
