/** What providers change in a body: exactly that, and no other byte. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { adapterOf } from '../test-adapters.ts'
import { vertexBody } from './vertex-body.ts'
import { cpuMs } from '../../../test/support/cpu-ms.ts'

const apiKey = '${KEY}'
const generate = { dialect: 'genai', operation: 'generateContent' } as const
const studio = adapterOf({ kind: 'google-ai-studio', apiKey }).rewriteBody!
const vertex = (text: string): string => vertexBody(text, generate)

type Fields = Record<string, unknown>
const parsed = (text: string): Fields => JSON.parse(text) as Fields
const spaces = fc.constantFrom(undefined, 1, '\t')

describe('AI Studio', () => {
  test('nothing is kept at the vendor, unless the client says so', () => {
    expect(studio('{"contents":[]}', generate)).toBe('{"store":false,"contents":[]}')
    expect(studio('{ }', generate)).toBe('{"store":false }')
    expect(studio('{"a":1.0,"store" : null}', generate)).toBe('{"a":1.0,"store" : false}')
    for (const said of ['{"store":true,"a":1}', '{"a":1 , "store" : false}']) expect(studio(said, generate)).toBe(said)
  })

  test('what is not generated is sent as it came', () => {
    const text = '{"contents":[]}'
    expect(studio(text, { dialect: 'genai', operation: 'countTokens' })).toBe(text)
    expect(studio(text, { dialect: 'openai', operation: 'chat.completions' })).toBe(text)
  })

  test('any body gains that one member', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), spaces, (body, space) => {
        fc.pre(!('store' in body) && !('__proto__' in body))
        const text = JSON.stringify(body, null, space)
        expect(parsed(studio(text, generate))).toEqual({ ...parsed(text), store: false })
      }),
    )
  })
})

describe('Vertex AI', () => {
  test('contents without a role are the user’s; all else stays', () => {
    expect(vertex('{"contents":{"parts":[{"text":"hi"}]}}')).toBe(
      '{"contents":{"role":"user","parts":[{"text":"hi"}]}}',
    )
    expect(vertex('{ "contents" : [ {"parts" : [] } , { "role":"model"}, {} ] , "n" : 1.10 }')).toBe(
      '{ "contents" : [ {"role":"user","parts" : [] } , { "role":"model"}, {"role":"user"} ] , "n" : 1.10 }',
    )
    expect(vertex('{"contents":[{"parts":[],"role":null},{"role":""}]}')).toBe(
      '{"contents":[{"parts":[],"role":"user"},{"role":"user"}]}',
    )
    expect(vertex('{"contents":[{"parts":[{"role":1}],"r\\u006fle":"user"}]}')).toBe(
      '{"contents":[{"parts":[{"role":1}],"r\\u006fle":"user"}]}',
    )
  })

  test('what only AI Studio has is taken out, in both spellings', () => {
    expect(vertex('{"store":true,"contents":[]}')).toBe('{"contents":[]}')
    expect(vertex('{"contents":[] , "store" : false }')).toBe('{"contents":[] }')
    expect(vertex('{"store":1,"store":2}')).toBe('{}')
    expect(
      vertex('{"a":1,"media_processing":{"x":[1]},"mediaProcessing":0,"b":2,"enable_enhanced_civic_answers":true}'),
    ).toBe('{"a":1,"b":2}')
    expect(vertex('{"generation_config":{"enableEnhancedCivicAnswers":true,"topK":1e0}}')).toBe(
      '{"generation_config":{"topK":1e0}}',
    )
    expect(vertex('{"contents":[{"role":"user","parts":[{"text":"a","mediaProcessing":{}},{"text":"b"}]}]}')).toBe(
      '{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]}',
    )
  })

  test('what only looks like it is left alone', () => {
    for (const text of [
      '{"tools":[{"functionDeclarations":[{"name":"store","parameters":{"store":1}}]}]}',
      '{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"store":true,"mediaProcessing":1}}}]}]}',
      '{"contents":[{"role":"user","parts":[{"text":"{\\"store\\":true}"}]}]}',
      '{"contents":"text"}',
      '{"contents":["text",1,null,[{}]]}',
      '{"contents":[]}',
      '{}',
    ])
      expect(vertex(text)).toBe(text)
  })

  const content = fc.record(
    {
      role: fc.constantFrom('user', 'model', 'function'),
      parts: fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 3 }),
    },
    { requiredKeys: ['parts'] },
  )
  const studioFields = ['store', 'mediaProcessing', 'media_processing', 'enableEnhancedCivicAnswers']

  test('any body differs in that alone', () => {
    const body = fc.record(
      {
        contents: fc.oneof(content, fc.array(content)),
        store: fc.boolean(),
        media_processing: fc.jsonValue(),
        temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
        labels: fc.dictionary(fc.string(), fc.string()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(body, spaces, (given, space) => {
        const text = JSON.stringify(given, null, space)
        fc.pre(!text.includes('__proto__') && !studioFields.some((field) => text.includes(`\\"${field}`)))
        const expected = parsed(text)
        delete expected['store']
        delete expected['media_processing']
        const { contents } = expected as { contents?: Fields | Fields[] }
        for (const each of contents === undefined ? [] : [contents].flat()) {
          each['role'] ??= 'user'
          for (const part of each['parts'] as Fields[]) for (const field of studioFields) delete part[field]
        }
        expect(parsed(vertex(text))).toEqual(expected)
      }),
    )
  })

  test('a body of very many contents costs no more than reading it', () => {
    const text = `{${'"store":1,'.repeat(15_000)}"contents":[${'{"parts":[{"mediaProcessing":1}]},'.repeat(15_000)}{}]}`
    const begunAt = cpuMs()
    const rewritten = vertex(text)
    expect(cpuMs() - begunAt).toBeLessThan(600)
    expect((parsed(rewritten)['contents'] as Fields[]).every(({ role }) => role === 'user')).toBe(true)
  })

  test('counting takes the parts of a call out of the whole one', () => {
    const counted = (text: string): string => vertexBody(text, { operation: 'countTokens' })
    expect(counted('{"contents":[{"parts":[]}]}')).toBe('{"contents":[{"role":"user","parts":[]}]}')
    expect(
      counted(
        '{"generateContentRequest":{"model":"models/x","contents":[{}],"safetySettings":[],"system_instruction":{"parts":[]}}}',
      ),
    ).toBe('{"contents":[{"role":"user"}],"system_instruction":{"parts":[]}}')
  })
})
