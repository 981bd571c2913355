import { describe, expect, test } from 'bun:test'
import { createTurns } from '../lib/turns.ts'
import { bodyOf, wholeBodyOf } from './body.ts'
import type { JsonBody, UpstreamChange } from './dialect.ts'
import { generateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'

const turns = createTurns(() => performance.now(), console.error)
const bytesOf = (json: object): Uint8Array => new TextEncoder().encode(JSON.stringify(json))
const largeBodyOf = async (bytes: Uint8Array): Promise<JsonBody> => {
  const body = bodyOf(bytes, turns)
  expect(body).toBeInstanceOf(Promise)
  return body
}
const base64 = 'QUJD'.repeat(100_000)
const change: UpstreamChange = {
  outputTokensPerAnswer: 77,
  upstreamModel: 'other',
  reportsStreamUsage: true,
  rewrite: null,
}
const cases = [
  [
    'a chat with a picture, a document and a long prompt',
    chatCompletions,
    {
      model: 'gpt-5.4',
      stream: true,
      messages: [
        { role: 'system', content: 'You are \\"helpful\\" in 漢字. '.repeat(5_000) },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
            { type: 'file', file: { filename: 'a.pdf', file_data: base64 } },
            { type: 'text', text: 'what is this' },
          ],
        },
      ],
    },
  ],
  [
    'a Gemini call with sound and a picture',
    generateContent,
    {
      generation_config: { temperature: 1 },
      contents: [
        { parts: [{ inline_data: { mime_type: 'audio/wav', data: base64 } }, { text: 'é'.repeat(50_000) }] },
        { parts: [{ inlineData: { mimeType: 'image/png', data: base64 } }] },
      ],
    },
  ],
  [
    'embeddings of many texts',
    embeddings,
    {
      model: 'text-embedding-3-small',
      input: Array.from({ length: 100 }, () => 'some words '.repeat(1_000)),
    },
  ],
] as const

describe('a large body', () => {
  for (const [what, endpoint, json] of cases)
    test(`is billed, kept together and changed as a small one would be: ${what}`, async () => {
      const bytes = bytesOf(json)
      const read = (body: JsonBody) => endpoint.read(body, { model: 'gemini-3.5-flash' }, new URLSearchParams())
      const [large, whole] = [read(await largeBodyOf(bytes)), read(wholeBodyOf(bytes))]
      const facts = ({ target, demand }: typeof large) => ({
        target,
        input: demand!.input,
        outputTokensMax: demand!.output?.max,
      })
      expect(facts(large)).toEqual(facts(whole))
      expect(Buffer.compare(large.wire.body(change) as Uint8Array, whole.wire.body(change) as Uint8Array)).toBe(0)
      expect(large.affinity()?.slice(0, 3_500)).toBe(whole.affinity()?.slice(0, 3_500))
      expect(
        large.wire.body({ ...change, outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: false }),
      ).toBe(bytes)
    })

  test('leaves the event loop to others while it is read', async () => {
    const bytes = bytesOf({ model: 'm', x: Array.from({ length: 100_000 }, (_, at) => ({ at })) })
    let turnsOfOthers = 0
    const count = (): void => {
      turnsOfOthers += 1
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    await largeBodyOf(bytes)
    clearImmediate(next)
    expect(turnsOfOthers).toBeGreaterThan(1)
  })

  for (const [what, json, message] of [
    ['of too many members', { x: Array.from({ length: 160_000 }, () => ({ a: 1 })) }, 'more than 150000 members'],
    [
      'of too many names',
      Object.fromEntries(Array.from({ length: 12_000 }, (_, at) => [`k${at}`, at])),
      'more than 10000 names',
    ],
    ['of too many values', { x: Array.from({ length: 1_000_001 }, () => 1) }, 'more than 1000000 values'],
  ] as const)
    test(`${what} is refused with what is allowed`, async () => {
      const error = await largeBodyOf(bytesOf(json)).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(message) })
    })

  test('that is no JSON, no object or no UTF-8 is refused as a small one is', async () => {
    for (const text of ['{"a":1', '[1]', '"a"', '{"a":1}}']) {
      const padded = text + ' '.repeat(70_000)
      const [large, small] = [
        largeBodyOf(Buffer.from(padded)),
        new Promise((resolve) => resolve(wholeBodyOf(Buffer.from(text)))),
      ]
      const [one, other] = await Promise.all([large, small].map((body) => body.catch((error: unknown) => error)))
      expect(one).toEqual(other)
    }
    const error = await largeBodyOf(Buffer.from([0x22, ...Array.from({ length: 70_000 }, () => 0xff), 0x22])).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('UTF-8') })
  })
})
