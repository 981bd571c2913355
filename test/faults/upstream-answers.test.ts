/**
 * What comes with status 200 and is no answer: an error in any spelling, a page, half of nothing. Before anything
 * was given it is made good elsewhere; behind that the client can tell, and not whose account it was. And what is an
 * answer, though it comes compressed.
 */
import zlib from 'node:zlib'
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import OpenAI, { APIError } from 'openai'
import { plain, streamed, type RawUpstream } from '../support/raw-upstream.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)
const { chat, chatStream, embed, generate, generateStream, generateArray, delta, finish, record, part } = up

let pair: up.Pair
beforeAll(async () => {
  pair = await up.startPair()
}, ways.startMsMax)
afterAll(() => pair?.stop())

/** Asked of the first, which answers like this; the second would serve. */
async function elsewhere(way: ways.Way, answer: RawUpstream['answer']): Promise<up.Got> {
  pair.first.answer = answer
  pair.second.answer = up.serve(way)
  return up.asked(pair, way)
}

async function expectElsewhere(way: ways.Way, answer: RawUpstream['answer'], error: string): Promise<void> {
  const { got, receipt } = await elsewhere(way, answer)
  expect([got.status, got.broke, got.text]).toEqual([200, false, up.servedWithoutUsage(way)])
  expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20 } })
  expect(up.triedOf(receipt)).toEqual(['first', 'second'])
  expect(receipt.attempts[0]!.error).toBe(error)
}

async function expectRefused(way: ways.Way, answer: RawUpstream['answer']): Promise<up.Got> {
  pair.first.answer = pair.second.answer = answer
  const asked = await up.asked(pair, way)
  expect(asked.got.status).toBe(503)
  expect(ways.envelopeOf(asked.got, way.dialect).message).not.toContain('secret')
  expect(asked.receipt).toMatchObject({ ending: 'upstream-failed', chargeNano: '0', lines: [] })
  return asked
}

const words = 'no capacity for org-secret'
const error = { message: words, type: 'server_error', code: 503 }
const googleError = { code: 503, message: words, status: 'UNAVAILABLE' }
const spellings: readonly (readonly [name: string, error: unknown])[] = [
  ['an object', { error }],
  ['a text', { error: words }],
  ['a list of errors', [{ error }]],
  ['several errors', { errors: [error] }],
  ['beside no choices', { id: 'x', choices: [], error }],
  ['beside null choices', { id: 'x', choices: null, error, usage: up.usage }],
  ['beside a choice', { choices: [{ index: 0, message: { content: '' }, delta: { content: '' } }], error }],
  ['by its type', { type: 'error', error }],
  ['as a detail', { detail: words }],
  ['as a bare message', { message: words, code: 503 }],
]
const openaiStreams: readonly (readonly [name: string, stream: string])[] = [
  ...spellings.map(([name, value]) => [name, record(JSON.stringify(value))] as const),
  ['with [DONE] behind it', record(JSON.stringify({ error })) + record('[DONE]')],
  ['without a space', `data:${JSON.stringify({ error })}\r\n\r\n`],
  ['in spaced JSON', `data: { "error" : ${JSON.stringify(error)} }\n\n`],
  ['by the name of its event', `event: error\ndata: ${JSON.stringify({ message: words })}\n\n`],
  ['behind an id and comments', `: processing\n\nid: 1\ndata: ${JSON.stringify({ error })}\n\n`],
  ['as a whole body', JSON.stringify({ error }, null, 2)],
  ['without its blank line', `data: ${JSON.stringify({ error })}`],
]
const genaiStreams: readonly (readonly [name: string, error: unknown])[] = [
  ['an object', { error: googleError }],
  ['a text', { error: words }],
  ['beside no candidates', { candidates: [], error: googleError }],
  ['as a list beside a candidate', { candidates: [{ content: { parts: [{ text: '' }] } }], errors: [googleError] }],
]

describe('an error with status 200, before anything was given, is made good elsewhere', () => {
  for (const [name, value] of spellings)
    test(`openai, plain: ${name}`, () => expectElsewhere(chat, plain(JSON.stringify(value)), 'upstream'))
  for (const [name, stream] of openaiStreams)
    test(`openai, streamed: ${name}`, () => expectElsewhere(chatStream, streamed([stream]), 'upstream'))
  for (const [name, value] of genaiStreams) {
    const text = JSON.stringify(value)
    test(`genai, plain: ${name}`, () => expectElsewhere(generate, plain(text), 'upstream'))
    test(`genai, streamed: ${name}`, () => expectElsewhere(generateStream, streamed([record(text)]), 'upstream'))
    test(`genai, streamed as an array: ${name}`, () =>
      expectElsewhere(generateArray, streamed([`[${text}\n]`]), 'upstream'))
  }
  const half = { index: 0, message: { content: 'half' }, delta: { content: 'half' }, finish_reason: 'error' }
  test('openai, plain: as the reason why its choice ends', () =>
    expectElsewhere(chat, plain(JSON.stringify({ choices: [half], usage: up.usage })), 'upstream'))
  test('openai, plain: in its choice, with a status', () =>
    expectElsewhere(chat, plain(JSON.stringify({ choices: [{ ...half, error: { ...error, code: 429 } }] })), 'rate'))
  test('embeddings', () => expectElsewhere(embed, plain(JSON.stringify({ error })), 'upstream'))
  test('embeddings, beside data', () =>
    expectElsewhere(embed, plain(JSON.stringify({ data: [{ embedding: [1] }], error })), 'upstream'))

  for (const way of [chat, chatStream, generate, generateStream, generateArray, embed])
    test(`${way.name}: where every upstream says so, it is a 503 in the dialect, for nothing`, async () => {
      const text = JSON.stringify({ error: way.dialect === 'openai' ? error : googleError })
      const { receipt } = await expectRefused(way, plain(way === generateArray ? `[${text}]` : text))
      expect(up.triedOf(receipt)).toEqual(['first', 'second'])
    })

  test('and is classified as the status that it states', async () => {
    const limit = JSON.stringify({ error: { message: 'slow down', code: 429 } })
    await expectElsewhere(chat, plain(limit), 'rate')
    await expectElsewhere(chatStream, streamed([record(limit)]), 'rate')
    const unpaid = JSON.stringify({ error: { message: 'x', code: 'insufficient_quota' } })
    await expectElsewhere(chatStream, streamed([record(unpaid)]), 'unavailable')
    const google = JSON.stringify({ error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } })
    await expectElsewhere(generateStream, streamed([record(google)]), 'rate')
  })

  test('and of a limit that names no time asks for no rest', async () => {
    pair.first.answer = plain(JSON.stringify({ error: { message: 'slow down', code: 429 } }))
    pair.second.answer = up.serve(chat)
    await up.asked(pair, chat)
    const { server, customer } = pair
    const got = await ways.taken(ways.ask(server, customer.key, chat))
    expect(up.triedOf(await ways.settledOf(server, customer, got.requestId))).toEqual(['first', 'second'])
  })

  test('but what is the client’s own mistake is told, not tried elsewhere', async () => {
    const mistake = {
      message: 'too long for org-secret',
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    }
    for (const way of [chat, chatStream]) {
      const text = JSON.stringify({ error: mistake })
      const { got, receipt } = await elsewhere(way, way.streamed ? streamed([record(text)]) : plain(text))
      expect(got.status).toBe(400)
      expect(ways.envelopeOf(got, 'openai')).toMatchObject({ ...mistake, message: 'too long for org-…' })
      expect(receipt).toMatchObject({ ending: 'upstream-refused', chargeNano: '0' })
      expect(up.triedOf(receipt)).toEqual(['first'])
    }
  })
})

describe('what is not what its dialect promises is made good elsewhere', () => {
  const page = '<!DOCTYPE html><html><body>internal-host-17</body></html>'
  const useless: readonly (readonly [way: ways.Way, name: string, answer: RawUpstream['answer']])[] = [
    ...[chat, chatStream, generate, generateStream, generateArray, embed].map(
      (way) => [way, 'a page', plain(page, ['content-type: text/html'])] as const,
    ),
    [chat, 'no choices', plain(JSON.stringify({ id: 'x', usage: up.usage }))],
    [chat, 'empty choices', plain(JSON.stringify({ choices: [], usage: up.usage }))],
    [chat, 'a choice that is none', plain(JSON.stringify({ choices: [null], usage: up.usage }))],
    [chat, 'a stream', streamed([up.served(chatStream)])],
    [embed, 'no data', plain(JSON.stringify({ object: 'list', usage: up.usage }))],
    [embed, 'empty data', plain(JSON.stringify({ data: [], usage: up.usage }))],
    [embed, 'data that is none', plain(JSON.stringify({ data: [null], usage: up.usage }))],
    [
      generate,
      'a candidate that is none',
      plain(JSON.stringify({ candidates: [null], usageMetadata: up.usageMetadata })),
    ],
    [generate, 'neither candidates nor feedback', plain(JSON.stringify({ usageMetadata: up.usageMetadata }))],
    [chatStream, 'an empty stream', streamed([])],
    [chatStream, 'only [DONE]', streamed([record('[DONE]')])],
    [chatStream, 'only comments', streamed([': a\n\n', ': b\n\n'])],
    [chatStream, 'only usage', streamed([record(up.counted), record('[DONE]')])],
    [generateStream, 'an empty stream', streamed([])],
    [generateArray, 'an empty array', streamed(['[]'])],
    [chatStream, 'an unlabelled compression', plain(zlib.gzipSync(up.served(chatStream)), [])],
    [chat, 'an unknown compression', plain(zlib.brotliCompressSync(up.served(chat)), ['content-encoding: snappy'])],
    [chat, 'two compressions', plain(zlib.gzipSync(zlib.gzipSync(up.served(chat))), ['content-encoding: gzip, gzip'])],
  ]
  for (const [way, name, answer] of useless)
    test(`${way.name}: ${name}`, () => expectElsewhere(way, answer, 'the answer could not be read'))

  for (const [name, answer] of [
    ['a page', plain(page, ['content-type: text/html'])],
    ['an error', plain(JSON.stringify({ error: googleError }))],
    ['what it should be, in an unknown compression', plain('{"totalTokens":3}', ['content-encoding: snappy'])],
  ] as const)
    test(`countTokens: ${name}`, async () => {
      await up.forgive(pair)
      pair.first.answer = answer
      pair.second.answer = plain('{"totalTokens":3}')
      const way = { ...generate, path: generate.path.replace('generateContent', 'countTokens') }
      const got = await ways.taken(ways.ask(pair.server, pair.customer.key, way))
      expect([got.status, got.text]).toEqual([200, '{"totalTokens":3}'])
    })

  test('a prompt that Gemini blocks is an answer all the same', async () => {
    const blocked = JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: up.usageMetadata })
    for (const way of [generate, generateStream]) {
      const { got, receipt } = await elsewhere(way, way.streamed ? streamed([record(blocked)]) : plain(blocked))
      expect(got.text).toBe(way.streamed ? record(blocked) : blocked)
      expect(receipt.ending).toBe('completed')
    }
  })
})

describe('an error behind some text', () => {
  for (const [name, stream] of openaiStreams.filter(([name]) => name !== 'as a whole body'))
    test(`openai, ${name}: ends the answer in our words, and what was received is owed`, async () => {
      pair.first.answer = streamed([record(delta('one two three', { usage: up.usage })), stream])
      const { got, receipt } = await up.asked(pair, chatStream)
      expect(got.text).toContain('one two three')
      expect(got.text).not.toContain('secret')
      expect(got.text).not.toContain('[DONE]')
      const last = got.text.trimEnd().split('\n\n').at(-1)!
      expect(JSON.parse(last.slice('data: '.length))).toMatchObject({ error: { type: 'server_error' } })
      expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'] })
      expect(receipt.tokens.output).toBe(countTokens('one two three'))
      expect(receipt.attempts.at(-1)!.error).toBe('upstream')
    })

  test('openai: the SDK raises', async () => {
    await up.forgive(pair)
    pair.first.answer = streamed([record(delta('one')), record(JSON.stringify({ error })), record('[DONE]')])
    const client = new OpenAI({ baseURL: `${pair.server.baseUrl}/v1/`, apiKey: pair.customer.key, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const stream = await client.chat.completions.create({ model: chat.model, messages, stream: true })
    const reading = Array.fromAsync(stream)
    expect(reading).rejects.toBeInstanceOf(APIError)
    await reading.catch(() => undefined)
  })

  test('genai: the SDK raises, and is told a client’s mistake in the vendor’s words, less our account', async () => {
    await up.forgive(pair)
    const mistake = { code: 400, message: 'bad part in projects/secret-1', status: 'INVALID_ARGUMENT' }
    pair.first.answer = streamed([record(part('one')), record(JSON.stringify({ error: mistake }))])
    const { baseUrl } = pair.server
    const client = new GoogleGenAI({ apiKey: pair.customer.key, httpOptions: { baseUrl: `${baseUrl}/genai` } })
    const stream = await client.models.generateContentStream({ model: generate.model, contents: 'hi' })
    const reading = Array.fromAsync(stream)
    const raised: unknown = await reading.catch((cause: unknown) => cause)
    expect(String(raised)).toContain('bad part in projects/…')
    expect(String(raised)).not.toContain('secret')
  })

  test('genai, as an array: the connection breaks', async () => {
    pair.first.answer = streamed([`[${part('one')},`, `${JSON.stringify({ error: googleError })}]`])
    const { got, receipt } = await up.asked(pair, generateArray)
    expect([got.broke, got.text.includes('secret')]).toEqual([true, false])
    expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'] })
  })

  test('and of a limit keeps the next call away from that upstream', async () => {
    const limit = { error: { message: 'Rate limit reached. Please try again in 20s', code: 'rate_limit_exceeded' } }
    pair.first.answer = streamed([record(delta('one')), record(JSON.stringify(limit))])
    pair.second.answer = up.serve(chat)
    expect((await up.asked(pair, chatStream)).receipt.attempts.at(-1)!.error).toBe('rate')
    const { server, customer } = pair
    const got = await ways.taken(ways.ask(server, customer.key, chat))
    expect(up.triedOf(await ways.settledOf(server, customer, got.requestId))).toEqual(['second'])
  })

  test('is none where it is null or a word of the answer', async () => {
    const stream = [delta('error: ', { error: null }), delta('{"error": {}}'), finish(), up.counted, '[DONE]'].map(
      record,
    )
    pair.first.answer = streamed(stream)
    const { got, receipt } = await up.asked(pair, chatStream, { fields: { stream_options: { include_usage: true } } })
    expect(got.text).toBe(stream.join(''))
    expect(receipt).toMatchObject({ ending: 'completed', flags: [] })
  })
})

describe('an answer that comes compressed though nothing of the kind was asked for', () => {
  const codings: readonly (readonly [name: string, compress: (text: string | Uint8Array) => Uint8Array])[] = [
    ['gzip', zlib.gzipSync],
    ['x-gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['br', zlib.brotliCompressSync],
    ['zstd', zlib.zstdCompressSync],
  ]
  for (const way of [chat, chatStream, generate, generateStream, embed])
    for (const [name, compress] of codings)
      test(`${way.name}, ${name} by ${compress.name}: is readable, and charged as it says`, async () => {
        const bytes = compress(up.served(way))
        const headers = [
          `content-type: ${way.streamed ? 'text/event-stream' : 'application/json'}`,
          `content-encoding: ${name}`,
        ]
        const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 30), bytes.subarray(30)]
        pair.first.answer = way.streamed ? streamed(pieces, 'close', headers) : plain(bytes, headers)
        const { got, receipt } = await up.asked(pair, way)
        expect(got.headers.get('content-encoding')).toBeNull()
        if (way === embed) expect(got.text).toBe(up.served(way))
        else expect(ways.answerText(got.text, way)).toBe('served')
        expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20 } })
      })

  test('a refusal that comes compressed is told as it is', async () => {
    const mistake = { message: 'a bad parameter', type: 'invalid_request_error', param: null, code: null }
    const body = zlib.gzipSync(JSON.stringify({ error: mistake }))
    pair.first.answer = (socket) =>
      void socket.write(
        Buffer.concat([
          Buffer.from(`HTTP/1.1 400 x\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`),
          body,
        ]),
      )
    const { got } = await up.asked(pair, chat)
    expect([got.status, ways.envelopeOf(got, 'openai')]).toEqual([400, mistake])
  })

  test('a refusal in a coding that is not known is one all the same', async () => {
    pair.first.answer = (socket) =>
      void socket.write('HTTP/1.1 400 x\r\ncontent-encoding: snappy\r\ncontent-length: 3\r\n\r\nabc')
    const { got, receipt } = await up.asked(pair, chat)
    expect([got.status, receipt.ending]).toEqual([400, 'upstream-refused'])
    expect(ways.envelopeOf(got, 'openai').type).toBe('invalid_request_error')
  })

  for (const way of [chat, chatStream])
    test(`${way.name}: what little makes very much of itself grows no memory`, async () => {
      const layer = zlib.gzipSync(Buffer.alloc(256 * 1024 * 1024, 'a'), { level: 9 })
      const headers = ['content-type: application/json', 'content-encoding: gzip']
      const head = way.streamed ? `${record(delta('Hi'))}data: ` : '{"x":"'
      pair.first.answer = pair.second.answer = streamed(
        [zlib.gzipSync(head), layer, layer, layer, layer],
        'close',
        headers,
      )
      const before = up.rssBytes(pair.server.pid())
      let most = before
      const watching = setInterval(() => (most = Math.max(most, up.rssBytes(pair.server.pid()))), 10)
      const { receipt } = await up.asked(pair, way)
      clearInterval(watching)
      expect(receipt.ending).toBe('upstream-failed')
      expect(most - before).toBeLessThan(150 * 1024 * 1024)
    })
})
