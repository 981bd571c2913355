/** Which parts of a Gemini answer are pictures that were made. */
import { expect, test } from 'bun:test'
import { generateContent } from './generate.ts'
import { followGenerate } from './generate-stream.ts'
import { picturesIn } from './pictures.ts'
import { wholeBodyOf } from '../../body.ts'

const data = 'iVBO'.repeat(1_000)
const picture = { inlineData: { mimeType: 'image/png', data } }
const answer = (...parts: readonly unknown[]): string =>
  JSON.stringify({ candidates: [{ content: { parts }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1 } })
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

test.each([
  [0, [{ text: 'an "inlineData" that is only told of' }]],
  [1, [{ text: 'here' }, picture]],
  [2, [picture, picture]],
  [1, [{ inline_data: { mime_type: 'IMAGE/WEBP', data } }]],
  [0, [{ inlineData: { mimeType: 'audio/L16;rate=24000', data } }]],
  [0, [{ functionCall: { name: 'f', args: { inlineData: { mimeType: 'image/png' } } } }]],
  [0, [null, 7, { inlineData: null }, { inlineData: 'x' }]],
  // Drafts of a model that thinks.
  [1, [{ ...picture, thought: true }, picture]],
] as const)('%p pictures are in %j', (many, parts) => {
  expect(picturesIn(answer(...parts))).toBe(many)
})

test('pictures of every candidate count, in an answer, in a stream of it and in an array', () => {
  const two = JSON.stringify({ candidates: [1, 2].map((index) => ({ index, content: { parts: [picture] } })) })
  expect(picturesIn(two)).toBe(2)
  const { wire } = generateContent.read(
    wholeBodyOf(encode('{"contents":[{"parts":[{"text":"hi"}]}]}')),
    { model: 'gemini-3-pro-image' },
    new URLSearchParams(),
  )
  const { answer: reader } = wire
  expect(reader.kind === 'whole' && reader.read(encode(answer(picture)), new Headers()).images).toBe(1)
  for (const [framing, stream] of [
    ['sse', `data: ${answer({ text: 'a' })}\r\n\r\ndata: ${two}\r\n\r\ndata: {"inlineData\r\n\r\n`],
    ['array', `[${answer({ text: 'a' })}\r\n,${two}]`],
  ] as const) {
    const follow = followGenerate({ framing, recordBytesMax: 1_000_000 }, new Headers())
    follow.take(encode(stream))
    expect(follow.reading().images).toBe(2)
  }
})
