import { describe, expect, test } from 'bun:test'
import { wholeBodyOf } from '../../body.ts'
import { GatewayError } from '../../errors.ts'
import type { Operation } from '../../operation.ts'
import { countTokens } from './count-tokens.ts'
import { generateContent, streamGenerateContent } from './generate.ts'

/** The field that is refused; null where the request is read. */
function refusedIn(body: object | string, { read }: Operation = generateContent): string | null {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  try {
    read(wholeBodyOf(new TextEncoder().encode(text)), { model: 'gemini-3.5-flash' }, new URLSearchParams())
    return null
  } catch (error) {
    if (error instanceof GatewayError) return error.details.param ?? ''
    throw error
  }
}
const saying = (...parts: readonly object[]) => ({ contents: [{ role: 'user', parts }] })
const hello = saying({ text: 'hi' })
const named = (fileUri: string) => saying({ fileData: { fileUri, mimeType: 'image/png' } })

describe('a file that an account can read and not everybody is refused', () => {
  const api = 'generativelanguage.googleapis.com/v1beta/files/abc'
  for (const uri of [
    'gs://bucket/a.png',
    'files/abc',
    `https://${api}`,
    `HTTPS://${api.replace('.com', '.COM')}`,
    'https://generativelanguage.googleapis.com./v1beta/files/abc',
    'https://generativelanguage.googleapis.com:443/v1beta/files/abc',
    'https://us-generativelanguage.mtls.googleapis.com/v1beta/files/abc',
    `https://a.example@${api}`,
    `https:\\\\${api}`,
    `https://a.example\\@${api}`,
    `https://generativelanguage%2egoogleapis.com/v1beta/files/abc`,
    ` https://${api}`,
    's3://bucket/a.png',
    'data:image/png;base64,AAAA',
    `https://${'a'.repeat(300)}@${api}`,
  ])
    test(uri.slice(0, 60), () => expect(refusedIn(named(uri))).toBe('fileData.fileUri'))
})

test.each([
  'https://a.example/a.png',
  'http://a.example',
  'https://www.youtube.com/watch?v=dQw4',
  'https://storage.googleapis.com/bucket/a.png',
  'https://my_bucket.storage.googleapis.com/a.png?X-Goog-Signature=a',
  'https://a.example:8443/files/abc?of=generativelanguage.googleapis.com',
])('what anybody can read by its URL is served: %s', (uri) => expect(refusedIn(named(uri))).toBeNull())

test('a file of an account is found wherever it stands, in either spelling, whatever else a body has', () => {
  const snake = { file_data: { file_uri: 'gs://b/a', mime_type: 'image/png' } }
  const response = { functionResponse: { name: 'f', response: {}, parts: [snake] } }
  expect(refusedIn(saying({ text: 'hi' }, snake))).toBe('file_data.file_uri')
  expect(refusedIn({ ...hello, system_instruction: { parts: [snake] } })).toBe('file_data.file_uri')
  expect(refusedIn(saying(response))).toBe('file_data.file_uri')
  expect(refusedIn(saying({ fileData: { fileUri: 'https://a.example', file_uri: 'gs://b/a' } }))).toBe(
    'fileData.file_uri',
  )
  const many = Array.from({ length: 60_000 }, () => ({ text: 'x' }))
  expect(refusedIn(saying(...many, snake))).toBe('file_data.file_uri')
  const deep = `${'['.repeat(90_000)}${JSON.stringify(snake)}${']'.repeat(90_000)}`
  expect(refusedIn(`{"contents":[{"parts":[{"text":"x"}]}],"x":${deep}}`)).toBe('file_data.file_uri')
})

test('a file of an account cannot be hidden behind a name that is given twice, or in escaped letters', () => {
  const twice = (parts: string) => refusedIn(`{"contents":[{"parts":[${parts}]}]}`)
  expect(twice('{"fileData":{"fileUri":"gs://b/a","fileUri":"https://a.example"}}')).toBe('fileUri')
  expect(twice('{"fileData":{"fileUri":"gs://b/a"},"fileData":{}}')).toBe('fileData')
  expect(twice('{"\\u0066ileData":{"\\u0066ileUri":"gs:\\/\\/b/a"}}')).toBe('fileData.fileUri')
  expect(refusedIn('{"contents":[{"parts":[{"fileData":{"fileUri":"gs://b/a"}}],"parts":[{"text":"x"}]}]}')).toBe(
    'parts',
  )
})

test('the same words in a tool’s arguments, a schema or a text name nothing', () => {
  const parameters = { type: 'OBJECT', properties: { fileUri: { type: 'STRING' }, cachedContent: { type: 'STRING' } } }
  const call = { functionCall: { name: 'f', args: { fileUri: 'gs://mine/a', retrieval: 'x' } } }
  const tools = [{ functionDeclarations: [{ name: 'f', parameters }] }]
  expect(refusedIn({ ...saying({ text: '"fileUri": "gs://b/a", cachedContent' }, call), tools })).toBeNull()
})

test('a cache of an account, its templates, its buckets to write to, and stores that its tools search, are refused; none named is none', () => {
  expect(refusedIn({ ...hello, cachedContent: 'cachedContents/a' })).toBe('cachedContent')
  expect(refusedIn({ ...hello, cached_content: 'projects/p/locations/us/cachedContents/1' })).toBe('cached_content')
  for (const name of ['modelArmorConfig', 'model_armor_config', 'generationOutputConfig', 'generation_output_config'])
    expect(refusedIn({ ...hello, [name]: {} })).toBe(name)
  for (const tool of ['fileSearch', 'file_search', 'retrieval'])
    expect(refusedIn({ ...hello, tools: [{ googleSearch: {} }, { [tool]: {} }] })).toBe(`tools[1].${tool}`)
  expect(refusedIn({ ...hello, cachedContent: '', tools: [{ googleSearch: {} }, null, 5] })).toBeNull()
  expect(refusedIn({ ...hello, cachedContent: null, tools: null })).toBeNull()
})

test('neither is counted, nor streamed', () => {
  for (const operation of [countTokens, streamGenerateContent]) {
    expect(refusedIn(named('gs://b/a'), operation)).toBe('fileData.fileUri')
    expect(refusedIn(named('https://a.example/a'), operation)).toBeNull()
  }
  const whole = { ...hello, cachedContent: 'cachedContents/a' }
  expect(refusedIn({ generateContentRequest: whole }, countTokens)).toBe('cachedContent')
  expect(refusedIn({ generate_content_request: named('gs://b/a') }, countTokens)).toBe('fileData.fileUri')
})
