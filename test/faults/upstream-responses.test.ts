/** Responses from upstreams that answer in odd ways: what the client gets of them, byte for byte, and what it owes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI, { APIError } from 'openai'
import { begin, plain, streamed } from '../support/raw-upstream.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
beforeAll(async () => void (pair = await up.startPair({}, 'openai')))
afterAll(() => pair?.stop())

const model = 'gpt-5.4-mini'
const whole = up.responsesWay(model, false)
const stream = up.responsesWay(model, true)

const usage = { input_tokens: 20, output_tokens: 5, total_tokens: 25 }
/** 20 × 0.75 + 5 × 4.50 millionths of a USD. */
const usageNano = '37500'
const response = { id: 'resp_1', object: 'response', created_at: 1, status: 'in_progress', model, output: [] }
const event = (type: string, sequence_number: number, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`
const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' }
const content = [{ type: 'output_text', text: 'served', annotations: [], logprobs: [] }]
const place = { output_index: 0, item_id: 'msg_1', content_index: 0 }
const created = event('response.created', 0, { response })
const begun = [
  created,
  event('response.output_item.added', 1, { output_index: 0, item: { ...message, status: 'in_progress', content: [] } }),
  event('response.content_part.added', 2, { ...place, part: { ...content[0], text: '' } }),
  event('response.output_text.delta', 3, { ...place, delta: 'served', logprobs: [] }),
]
const done = { ...response, status: 'completed', output: [{ ...message, content }], usage }
const ended = [
  event('response.output_text.done', 4, { ...place, text: 'served', logprobs: [] }),
  event('response.content_part.done', 5, { ...place, part: content[0] }),
  event('response.output_item.done', 6, { output_index: 0, item: { ...message, content } }),
  event('response.completed', 7, { response: done }),
]
const served = [...begun, ...ended].join('')
const goodFor = (way: ways.Way) => (way.streamed ? streamed([served]) : plain(JSON.stringify(done)))
const failed = (code: string, message = 'Overloaded at org-secret.'): string =>
  event('response.failed', 4, { response: { ...response, status: 'failed', error: { code, message } } })
const flat = event('error', 4, { code: 'server_error', message: 'Overloaded at org-secret.', param: null })

test('an answer passes byte for byte and is charged what it says, whole and streamed', async () => {
  for (const way of [whole, stream]) {
    pair.first.answer = goodFor(way)
    const { got, receipt } = await up.asked(pair, way)
    expect([got.status, got.broke, got.text]).toEqual([200, false, way.streamed ? served : JSON.stringify(done)])
    expect(receipt).toMatchObject({ endpoint: 'responses', ending: 'completed', chargeNano: usageNano, flags: [] })
  }
})

test('a stream ends with its last event, though its upstream stays silent and open behind it', async () => {
  pair.first.answer = (socket) => void begin(socket)(served)
  const { got, receipt, ms } = await up.asked(pair, stream)
  expect([got.text, receipt.ending, receipt.chargeNano]).toEqual([served, 'completed', usageNano])
  expect(ms).toBeLessThan(5_000)
})

describe('a failure before anything was given', () => {
  test.each([
    [
      'a plain answer that failed',
      whole,
      plain(JSON.stringify({ ...response, status: 'failed', error: { code: 'server_error', message: 'x' } })),
    ],
    ['a plain answer without output', whole, plain(JSON.stringify({ ...done, output: undefined }))],
    ['an error in a 200', whole, plain('{"error":{"message":"busy","type":"server_error"}}')],
    ['a response that failed first', stream, streamed([created, failed('server_error')])],
    ['one that failed behind an item without text', stream, streamed([...begun.slice(0, 3), failed('server_error')])],
    ['a flat error', stream, streamed([': ping\n\n', flat])],
    ['a clean close that says nothing', stream, streamed([created])],
  ])('%s: another upstream is asked, and the client pays that one alone', async (_, way, answer) => {
    pair.first.answer = answer
    pair.second.answer = goodFor(way)
    const { got, receipt } = await up.asked(pair, way)
    expect([got.status, got.text]).toEqual([200, way.streamed ? served : JSON.stringify(done)])
    expect([up.triedOf(receipt), receipt.chargeNano]).toEqual([['first', 'second'], usageNano])
  })

  test('that is the client’s own is told, and not tried elsewhere', async () => {
    pair.first.answer = streamed([created, failed('invalid_prompt', 'This prompt is not allowed.')])
    const { got, receipt } = await up.asked(pair, stream)
    expect(ways.envelopeOf(got, 'openai')).toMatchObject({
      code: 'invalid_prompt',
      message: 'This prompt is not allowed.',
    })
    expect([got.status, receipt.chargeNano, up.triedOf(receipt)]).toEqual([400, '0', ['first']])
  })
})

describe('a failure behind some text', () => {
  test.each([
    ['a response that failed', streamed([...begun, failed('server_error')])],
    ['a flat error', streamed([...begun, flat])],
    ['a clean close', streamed(begun)],
    ['[DONE] without a last event', streamed([...begun, 'data: [DONE]\n\n'])],
    ['half of the last event', streamed([...begun, ended.at(-1)!.slice(0, -30)])],
  ])('%s: the client is told that this response failed, and owes what came', async (_, answer) => {
    pair.first.answer = answer
    const { got, receipt } = await up.asked(pair, stream, { prompt: 'cat' })
    const passed = begun.join('')
    expect(got.text.slice(0, passed.length)).toBe(passed)
    const last = /event: response\.failed\ndata: (.+)\n\n$/.exec(got.text)
    expect(JSON.parse(last![1]!)).toMatchObject({ sequence_number: 4, response: { id: 'resp_1', status: 'failed' } })
    expect(got.text).not.toContain('org-secret')
    // One token of prompt, one of text: 0.75 + 4.50 millionths of a USD.
    expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'], chargeNano: '5250' })
  })

  test('throws in the SDK, whether events are read or put together', async () => {
    pair.first.answer = streamed(begun)
    await up.forgive(pair)
    const client = new OpenAI({ baseURL: `${pair.server.baseUrl}/v1/`, apiKey: pair.customer.key, maxRetries: 0 })
    const seen: string[] = []
    const read = async (): Promise<void> => {
      for await (const { type } of await client.responses.create({ model, input: 'x', stream: true })) seen.push(type)
    }
    expect(await read().catch((error: unknown) => error)).toBeInstanceOf(APIError)
    expect(seen.at(-1)).toBe('response.output_text.delta')
    const final = client.responses.stream({ model, input: 'x' }).finalResponse()
    expect(await final.catch((error: unknown) => error)).toBeInstanceOf(APIError)
  })
})

test('a stream that was answered in one piece is the stream that was asked for, and both ways of the SDK read it', async () => {
  pair.first.answer = plain(JSON.stringify(done))
  await up.forgive(pair)
  const client = new OpenAI({ baseURL: `${pair.server.baseUrl}/v1/`, apiKey: pair.customer.key, maxRetries: 0 })
  const final = await client.responses.stream({ model, input: 'x' }).finalResponse()
  expect([final.id, final.output_text, final.usage]).toMatchObject(['resp_1', 'served', usage])
  const { receipt } = await up.asked(pair, stream)
  expect([receipt.chargeNano, receipt.flags]).toEqual([usageNano, []])
})

test('searches and pictures are on the receipt, each at its own price', async () => {
  const tool_usage = {
    image_gen: { input_tokens: 171, output_tokens: 296, total_tokens: 467 },
    web_search: { num_requests: 1 },
  }
  pair.first.answer = plain(JSON.stringify({ ...done, tool_usage }))
  const tools = [{ type: 'web_search' }, { type: 'image_generation', quality: 'low', size: '1024x1024' }]
  const { receipt } = await up.asked(pair, whole, { fields: { tools } })
  // The answer’s own 37,500; a search at 0.01 USD; 171 × 5.00 and 296 × 30.00 millionths.
  expect(receipt.chargeNano).toBe(String(37_500 + 10_000_000 + 855_000 + 8_880_000))
  expect(receipt.lines.map((line) => [line.class, line.quantity])).toEqual([
    ['input', 20],
    ['output', 5],
    ['webSearchCall', 1],
    ['toolInput', 171],
    ['toolImageOutput', 296],
  ])
  expect(receipt.priceFrom).toContain('gpt-5.4-mini')
  expect(receipt.priceFrom).toContain('gpt-image-2')
})

test('a picture tool of a model without a price here is refused before anything is sent', async () => {
  const refused = await ways.taken(
    ways.ask(pair.server, pair.customer.key, whole, {
      fields: { tools: [{ type: 'image_generation', model: 'gpt-image-9' }] },
    }),
  )
  expect([refused.status, ways.envelopeOf(refused, 'openai')]).toMatchObject([404, { param: 'tools[0].model' }])
})

test('compacting is charged what it says', async () => {
  const answer = {
    id: 'resp_c',
    object: 'response.compaction',
    created_at: 1,
    output: [{ type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAA' }],
    usage,
  }
  pair.first.answer = plain(JSON.stringify(answer))
  const way = { ...whole, path: '/v1/responses/compact', bodyOf: (prompt: string) => ({ model, input: prompt }) }
  const { got, receipt } = await up.asked(pair, way)
  expect([got.text, receipt.endpoint, receipt.chargeNano]).toEqual([
    JSON.stringify(answer),
    'responses.compact',
    usageNano,
  ])
})
