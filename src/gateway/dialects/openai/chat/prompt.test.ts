import { expect, test } from 'bun:test'
import { SkeletonReader, wholeStrings } from '../../../../lib/json-skeleton.ts'
import { promptOf } from './prompt.ts'

const of = (json: Record<string, unknown>, strings = wholeStrings) =>
  promptOf({ json, strings }, json['messages'] as readonly Record<string, unknown>[])

test('all that the model reads counts: messages of every shape, tools, functions and schemas', () => {
  const { text } = of({
    messages: [
      { role: 'system', content: 'sys' },
      { role: 'user', content: [{ type: 'text', text: 'part' }] },
      { role: 'assistant', tool_calls: [{ function: { name: 'call', arguments: '{"a":1}' } }] },
      { role: 'tool', content: 'result' },
    ],
    tools: [{ type: 'function', function: { name: 'tool' } }],
    functions: [{ name: 'older' }],
    response_format: { type: 'json_schema', json_schema: { name: 'schema' } },
  })
  for (const said of ['sys', 'part', 'call{"a":1}', 'result', '"tool"', '"older"', '"schema"'])
    expect(text).toContain(said)
})

test('media count by rules, and their bytes are no text', () => {
  const data = 'A'.repeat(64_000)
  const part = (type: string, inner: object) => ({ type, [type]: inner })
  const content = [
    part('image_url', { url: `data:image/png;base64,${data}` }),
    part('image_url', { url: 'https://x.example/a.png', detail: 'low' }),
    part('input_audio', { data, format: 'wav' }),
    part('video_url', { url: `data:video/mp4;base64,${data}` }),
    part('file', { file_data: `data:application/pdf;base64,${data}` }),
    part('file', { file_id: 'file-1' }),
    null,
  ]
  // 48,000 bytes: 3 s of sound at 128 kbit/s, less than a second of film, less than a page.
  const { text, other } = of({ messages: [{ role: 'user', content }] })
  expect(other).toEqual({ imageInput: 765 + 85, audioInput: 30, videoInput: 260, input: 765 })
  expect(text.trim()).toBe('')
})

test('of a large body all is counted, though its long strings are only begun', () => {
  const said = 'word '.repeat(20_000)
  const data = `data:audio/mp3;base64,${'A'.repeat(640_000)}`
  const content = [
    { type: 'text', text: said },
    { type: 'audio_url', audio_url: { url: data } },
  ]
  const reader = new SkeletonReader(new TextEncoder().encode(JSON.stringify({ messages: [{ content }] })))
  reader.step(Number.POSITIVE_INFINITY)
  const skeleton = reader.skeleton()
  const { text, other } = of(JSON.parse(skeleton.text) as Record<string, unknown>, skeleton)
  expect(text.trim()).toBe(said.trim())
  expect(other).toEqual({ audioInput: 310 })
})
