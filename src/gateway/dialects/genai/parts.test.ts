import { expect, test } from 'bun:test'
import { wholeStrings } from '../../../lib/json-skeleton.ts'
import { answerWritten, promptWritten } from './parts.ts'

const answer = (...parts: unknown[]): string => JSON.stringify({ candidates: [null, {}, { content: { parts } }] })

test.each<[string, object, string]>([
  ['text', { text: 'a' }, 'a'],
  ['thoughts', { text: 'a', thought: true, thoughtSignature: 'xxxx' }, 'a'],
  ['calls', { functionCall: { name: 'f', args: { x: 1 } } }, '{"name":"f","args":{"x":1}}'],
  ['code', { executableCode: { language: 'PYTHON', code: 'a' } }, 'a'],
  ['what came of the code', { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'a' } }, 'a'],
  ['in the other spelling', { executable_code: { code: 'a' } }, 'a'],
  ['nothing', { inlineData: null, text: 5 }, ''],
])('what the client was given counts: %s', (_, part, text) => {
  expect(answerWritten(answer(part))).toEqual({ text, other: {} })
})

test('images and sound that were given count by rules', () => {
  const [image, sound] = [
    { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
    // A second of 16 bits at 24 kHz.
    { inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data: 'A'.repeat(64_000) } },
  ]
  expect(answerWritten(answer(image, image, sound))).toEqual({
    text: '',
    other: { imageOutput: 2_580, audioOutput: 25 },
  })
})

test('all of a prompt counts, however it is nested and spelled', () => {
  const { text, other } = promptWritten(
    [
      [
        { role: 'user', parts: [{ text: 'one' }, { inline_data: { mime_type: 'image/png', data: 'AAAA' } }] },
        { role: 'model', parts: [{ function_call: { name: 'two' } }, { executableCode: { code: 'three' } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 'four' } } }] },
        { parts: { inlineData: { mimeType: 'audio/mp3', data: 'A'.repeat(64_000) } } },
        { parts: [{ inlineData: { mimeType: 'application/pdf', data: 'AAAA' } }] },
      ],
      { parts: { text: 'five' } },
      'six',
      undefined,
    ],
    wholeStrings,
  )
  for (const said of ['one', 'two', 'three', 'four', 'five', 'six']) expect(text).toContain(said)
  expect(other).toEqual({ imageInput: 1_120, audioInput: 96, input: 560 })
})
