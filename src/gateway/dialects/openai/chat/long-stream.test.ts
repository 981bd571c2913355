/** Hundreds of megabytes: none of the quick tests. */
import { expect, test } from 'bun:test'
import { followChat } from './stream.ts'

test('an answer longer than may be is an error, however short its records', () => {
  const ways = { hasAnnotationChunks: false, reportsStreamUsage: true, recordBytesMax: 16 * 1024 * 1024 }
  const follow = followChat(true, ways)
  const comment = new TextEncoder().encode(`: ${'a'.repeat(1_000_000)}\n\n`)
  expect(() => {
    for (let times = 0; times < 300; times += 1) follow.take(comment)
  }).toThrow('the answer is longer')
})
