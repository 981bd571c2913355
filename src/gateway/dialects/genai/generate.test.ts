import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Operation } from '../../operation.ts'
import { wholeBodyOf } from '../../body.ts'
import type { Asked, JsonBody } from '../../dialect.ts'
import { generateContent, streamGenerateContent } from './generate.ts'
import { followGenerate } from './generate-stream.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const body = (text: string): JsonBody => wholeBodyOf(encode(text))
const read = (text: string, operation: Operation = generateContent, query = ''): Asked =>
  operation.read(body(text), { model: 'gemini-3.5-flash' }, new URLSearchParams(query))
const recordBytesMax = 1024 * 1024
const contents = '"contents":[{"parts":[{"text":"hi"}]}]'

describe('a request', () => {
  test("is read in both of Google's spellings", () => {
    for (const config of [
      '"generationConfig":{"maxOutputTokens":7,"candidateCount":2}',
      '"generation_config":{"max_output_tokens":7,"candidate_count":2}',
    ])
      expect(read(`{${contents},${config}}`)).toMatchObject({ demand: { output: { max: 14, answers: 2 } } })
  })

  test('in which a field stands in both spellings has no one reading and is refused', () => {
    expect(() => read(`{${contents},"generationConfig":{"maxOutputTokens":7,"max_output_tokens":7000}}`)).toThrow(
      'more than once',
    )
    expect(() => read(`{${contents},"generationConfig":{},"generation_config":{}}`)).toThrow('more than once')
  })

  test('goes up as it came, but for a limit it must be given, in the spelling it uses', () => {
    const change = (text: string, outputTokensPerAnswer: number | null): string =>
      new TextDecoder().decode(
        read(text).wire.body({
          outputTokensPerAnswer,
          upstreamModel: null,
          reportsStreamUsage: true,
          rewrite: null,
        }) as Uint8Array,
      )
    const snake = `{${contents}, "generation_config": {"max_output_tokens": 900, "temperature": 0.10}}`
    expect(change(snake, null)).toBe(snake)
    expect(change(snake, 20)).toBe(snake.replace('900', '20'))
    expect(change(`{${contents}}`, 20)).toBe(`{"generationConfig":{"maxOutputTokens":20},${contents}}`)
  })

  test('with a number that is the upstream’s to judge goes up as it came, and counts as unstated', () => {
    const range = (field: string, value: number, end: number): string =>
      `Unable to submit request because it has a ${field} value of ${value} but the supported range is from 1 (inclusive) to ${end} (exclusive). Update the value and try again.`
    for (const [config, answers, words] of [
      ['"maxOutputTokens":0', 1, range('maxOutputTokens', 0, 10_000_001)],
      ['"maxOutputTokens":-1', 1, range('maxOutputTokens', -1, 10_000_001)],
      ['"maxOutputTokens":2147483647', 1, range('maxOutputTokens', 2_147_483_647, 10_000_001)],
      ['"candidateCount":0', 1, range('candidateCount', 0, 9)],
      ['"candidateCount":9,"maxOutputTokens":5', 9, range('candidateCount', 9, 9)],
      ['"candidateCount":"2","maxOutputTokens":5', 2, "The value at 'generation_config.candidate_count' is in quotes"],
      ['"maxOutputTokens":"5"', 1, "The value at 'generation_config.max_output_tokens' is in quotes"],
    ] as const) {
      const text = `{${contents},"generationConfig":{${config}}}`
      const asked = read(text)
      const unchanged = { outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
      expect(new TextDecoder().decode(asked.wire.body(unchanged) as Uint8Array)).toBe(text)
      expect(asked).toMatchObject({ demand: { output: { max: null, answers } } })
      expect(asked.demand!.judged?.message).toStartWith(words)
    }
    expect(read(`{${contents},"generationConfig":{"candidateCount":8,"maxOutputTokens":1}}`).demand!.judged).toBeNull()
  })

  test('whose numbers are no int32 is refused in Google’s words', () => {
    for (const [config, field, shown] of [
      ['"maxOutputTokens":"many"', 'max_output_tokens', '"many"'],
      ['"max_output_tokens":1.5', 'max_output_tokens', '1.5'],
      ['"maxOutputTokens":2147483648', 'max_output_tokens', '2147483648'],
      ['"maxOutputTokens":"99999999999"', 'max_output_tokens', '"99999999999"'],
      ['"maxOutputTokens":true', 'max_output_tokens', 'true'],
      ['"candidateCount":[2]', 'candidate_count', '[2]'],
      ['"candidateCount":1e400', 'candidate_count', 'Infinity'],
    ] as const) {
      const words = `Invalid value at 'generation_config.${field}' (TYPE_INT32), ${shown}`
      expect(() => read(`{${contents},"generationConfig":{${config}}}`)).toThrow(words)
    }
    expect(() => read(`{${contents},"generationConfig":{"candidateCount":1025}}`)).toThrow('value of 1025')
  })

  test('keeps the framing of its stream', () => {
    expect(read(`{${contents}}`, streamGenerateContent, 'alt=sse').wire.path('m')).toBe(
      '/models/m:streamGenerateContent?alt=sse',
    )
    expect(read(`{${contents}}`, streamGenerateContent).wire.path('m')).toBe('/models/m:streamGenerateContent')
  })
})

describe('a stream', () => {
  const answer = (text: string, counted: object, finish = false): string =>
    JSON.stringify({
      candidates: [{ content: { parts: [{ text }] }, ...(finish && { finishReason: 'STOP' }) }],
      usageMetadata: counted,
      modelVersion: 'gemini-3.6-flash',
    })

  test('takes the last running total, never a sum, in both framings and however it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.constantFrom('sse' as const, 'array' as const),
        (words, cuts, framing) => {
          const answers = words.map((word, index) =>
            answer(
              word,
              { promptTokenCount: 8, candidatesTokenCount: index + 1, totalTokenCount: index + 9 },
              index === words.length - 1,
            ),
          )
          const stream = encode(
            framing === 'sse'
              ? answers.map((json) => `data: ${json}\r\n\r\n`).join('')
              : `[${answers.join('\n,\r\n')}\n]`,
          )
          const follow = followGenerate({ framing, recordBytesMax }, new Headers())
          const passed: Uint8Array[] = []
          let at = 0
          for (const cut of [...cuts, stream.length]) {
            if (at < stream.length) passed.push(follow.take(stream.subarray(at, at + cut)))
            at += cut
          }
          expect(Buffer.concat([...passed, follow.close()])).toEqual(Buffer.from(stream))
          expect(follow.state()).toBe('whole')
          expect(follow.reading()).toMatchObject({
            usage: { input: 8, output: words.length },
            servedModel: 'gemini-3.6-flash',
            tier: null,
          })
          expect(follow.reading().output().text).toBe(words.join(''))
        },
      ),
    )
  })

  test('what later records do not tell stays told: cached tokens of the first, a traffic type alone, searches of any', () => {
    const record = (usageMetadata: object, queries: string[] = []): string =>
      `data: ${JSON.stringify({ candidates: [{ groundingMetadata: { webSearchQueries: queries } }], usageMetadata })}\r\n\r\n`
    const follow = followGenerate({ framing: 'sse', recordBytesMax }, new Headers())
    for (const text of [
      record({ promptTokenCount: 8, cachedContentTokenCount: 5, totalTokenCount: 8 }, ['a', '']),
      record({ promptTokenCount: 8, candidatesTokenCount: 2, thoughtsTokenCount: 4, totalTokenCount: 14 }, ['b', 'a']),
      record({ trafficType: 'ON_DEMAND' }),
      record({ candidatesTokenCount: 3, totalTokenCount: 15 }),
    ])
      follow.take(encode(text))
    expect(follow.reading()).toMatchObject({
      usage: { input: 3, cachedInput: 5, output: 3, reasoning: 4, searchQuery: 2, groundedPrompt: 1 },
      mismatch: false,
      vendorUsage: {
        promptTokenCount: 8,
        cachedContentTokenCount: 5,
        candidatesTokenCount: 3,
        trafficType: 'ON_DEMAND',
      },
    })
  })

  test('served at another tier says so in a header', () => {
    expect(
      followGenerate({ framing: 'sse', recordBytesMax }, new Headers({ 'x-gemini-service-tier': 'flex' })).reading()
        .tier,
    ).toBe('flex')
  })
})
