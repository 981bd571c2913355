/** When a stream of pictures has ended, what it counted, and that its bytes pass as they came. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TooLongError } from '../../../../lib/record-buffer.ts'
import type { StreamReader } from '../../../dialect.ts'
import { imagesAsStream, readImages } from './answer.ts'
import { followImages } from './stream.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
const wish = { model: 'gpt-image-2', quality: 'low', size: '1024x1024' }
const follow = (answers = 1, recordBytesMax = 64 * 1024 * 1024): StreamReader =>
  followImages(wish, answers, recordBytesMax)

const about = { created_at: 1, size: '1024x1024', quality: 'low', background: 'opaque', output_format: 'png' }
const usage = { input_tokens: 7, output_tokens: 396, total_tokens: 403 }
const event = (name: string, data: object): string =>
  `event: image_generation.${name}\ndata: ${JSON.stringify({ type: `image_generation.${name}`, ...data })}\n\n`
const partial = (index: number, picture = 'iVBO'): string =>
  event('partial_image', { b64_json: picture, partial_image_index: index, ...about })
const completed = (more: object = { usage }, picture = 'iVBO'): string =>
  event('completed', { b64_json: picture, ...about, ...more })

const states = (records: readonly string[], reader = follow()): string[] =>
  records.map((each) => {
    reader.take(encode(each))
    return reader.state()
  })

describe('a stream has ended', () => {
  test('when its picture is complete with its usage, and not before', () => {
    expect(states([': ping\n\n', partial(0), partial(1), completed()])).toEqual(['silent', 'open', 'open', 'whole'])
    expect(states([completed({})])).toEqual(['finished'])
    expect(states([completed(), 'data: [DONE]\n\n'])).toEqual(['whole', 'over'])
  })

  test('when each picture that was asked for is, and their usage is added up', () => {
    const reader = follow(2)
    expect(states([completed(), partial(0), completed()], reader)).toEqual(['open', 'open', 'whole'])
    expect(reader.reading()).toMatchObject({ usage: { input: 14, imageOutput: 792 }, images: 2 })
  })

  test('not by an event without a picture', () => {
    expect(states([event('completed', { b64_json: null, usage })])).toEqual(['silent'])
    expect(states([event('completed', { b64_json: null, url: 'https://a.example/b.png', usage })])).toEqual(['whole'])
  })

  test('[DONE] before any picture is no answer', () => {
    expect(states(['data: [DONE]\n\n'])).toEqual(['failed'])
  })
})

describe('what came is counted, where the stream breaks off or says no usage', () => {
  const counted = (...records: string[]): unknown => {
    const reader = follow(2)
    states(records, reader)
    return reader.reading().output().other
  }
  test('100 tokens for a partial picture, and the table’s for a complete one', () => {
    expect(counted(partial(0), partial(1))).toEqual({ imageOutput: 200 })
    expect(counted(partial(0), completed({}), partial(0))).toEqual({ imageOutput: 100 + 196 + 100 })
    expect(counted(completed({ quality: 'high' }))).toEqual({ imageOutput: 7_024 })
    expect(counted(': ping\n\n')).toEqual({ imageOutput: 0 })
  })
})

describe('an error', () => {
  const error = { message: 'overloaded', type: 'server_error', code: null, param: null }
  test.each([
    `data: ${JSON.stringify({ error })}\n\n`,
    `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`,
    `event: error\ndata: ${JSON.stringify(error)}\n\n`,
    `data: ${JSON.stringify({ ...error, type: 'error' })}\r\n\r\n`,
    event('partial_image', { error, b64_json: 'x'.repeat(100_000) }),
  ])('is seen, first or behind a picture, and not passed: %#', (spelling) => {
    for (const before of ['', partial(0)]) {
      const reader = follow()
      expect(decode(reader.take(encode(before + spelling)))).toBe(before)
      expect(reader.state()).toBe('failed')
      expect(new TextDecoder().decode(reader.error()!.body)).toContain('overloaded')
    }
  })

  test('null says that there was none', () => {
    expect(states([completed({ usage, error: null })])).toEqual(['whole'])
  })
})

test('large pictures are skipped, whatever stands before and behind them', () => {
  const picture = 'A'.repeat(3_000_000)
  const reader = follow()
  const stream = partial(0, picture) + completed({ usage }, picture)
  expect(decode(reader.take(encode(stream)))).toBe(stream)
  expect(reader.reading()).toMatchObject({ usage: { input: 7, imageOutput: 396 }, vendorUsage: usage })
})

test('a record beyond the limit ends it', () => {
  const reader = follow(1, 1_024)
  const half = encode(partial(0, 'A'.repeat(8_192))).subarray(0, 4_096)
  expect(() => reader.take(half)).toThrow(TooLongError)
})

const spellings: readonly string[] = [
  partial(0) + partial(1) + completed(),
  (`: é\n\n` + partial(0) + completed({ usage, note: 'für Ömer 🎨' })).replaceAll('\n', '\r\n'),
  `\ufeff${completed()}: ping\n\ndata:[DONE]\n\n`,
  completed().replace('data: ', 'data:').replace(',"size"', ',\ndata: "size"'),
  event('keepalive', {}) + completed() + event('something_new', { a: 1 }),
]
test('the bytes pass as they came, however they are cut, and count the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...spellings),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
      (stream, steps) => {
        const bytes = encode(stream)
        const reader = follow()
        const given: Uint8Array[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const step = steps[turn % steps.length]!
          given.push(reader.take(bytes.subarray(at, at + step)))
          at += step
        }
        given.push(reader.close())
        expect(decode(Buffer.concat(given))).toBe(stream)
        expect(reader.reading().usage).toEqual({ input: 7, imageOutput: 396 })
        expect(['whole', 'over']).toContain(reader.state())
      },
    ),
    { numRuns: 1_000 },
  )
})

test('an answer in one piece becomes the stream that was asked for, with the same pictures and usage', () => {
  const pictures = ['iVBO', 'R0lG\\/']
  const answer = encode(`{
    "created": 12, "size":"1024x1024",\n"quality":"low",
    "data": [${pictures.map((picture) => `{"b64_json": "${picture}"}`).join(' ,\n')}],
    "usage": ${JSON.stringify(usage, null, 1)}
  }`)
  const reader = follow(2)
  const stream = imagesAsStream(answer, 'generation')
  expect(reader.take(stream)).toEqual(stream)
  expect(reader.state()).toBe('whole')
  const { usage: read, images } = readImages(answer, wish)
  expect([read, images]).toEqual([reader.reading().usage, 2])
  const events = decode(stream).trimEnd().split('\n\n')
  const data = events.map((each) => JSON.parse(/^data: (.*)$/m.exec(each)![1]!) as object)
  expect(data).toEqual(
    pictures.map((_, at) => ({
      type: 'image_generation.completed',
      b64_json: at === 0 ? 'iVBO' : 'R0lG/',
      created_at: 12,
      size: '1024x1024',
      quality: 'low',
      ...(at === 1 && { usage }),
    })),
  )
})
