/** Pictures from upstreams that answer in odd ways: what the client gets of them, byte for byte, and what it owes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import { begin, plain, streamed } from '../support/raw-upstream.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
beforeAll(async () => void (pair = await up.startPair()))
afterAll(() => pair?.stop())

const imagesOf = (streamed: boolean): ways.Way => ({
  name: streamed ? 'images, streamed' : 'images',
  dialect: 'openai',
  streamed,
  model: 'gpt-image-2',
  path: '/v1/images/generations',
  bodyOf: (prompt, { fields }) => ({
    model: 'gpt-image-2',
    prompt,
    quality: 'low',
    size: '1024x1024',
    ...(streamed && { stream: true, partial_images: 1 }),
    ...fields,
  }),
})
const images = imagesOf(false)
const imagesStream = imagesOf(true)

const usage = { input_tokens: 20, output_tokens: 296, total_tokens: 316 }
/** 20 × 5 + 296 × 30 millionths of a USD. */
const usageNano = '8980000'
const about = { created_at: 1, size: '1024x1024', quality: 'low', background: 'opaque', output_format: 'png' }
const event = (name: string, data: object): string =>
  `event: image_generation.${name}\ndata: ${JSON.stringify({ type: `image_generation.${name}`, ...about, ...data })}\n\n`
const picture = (megabytes: number): string => 'iVBO'.repeat(megabytes * 250_000)
const partial = event('partial_image', { b64_json: 'iVBO', partial_image_index: 0 })
const completed = event('completed', { b64_json: 'iVBO', usage })
const answerOf = (data: readonly object[], more: object = { usage }): string =>
  JSON.stringify({ created: 1, size: '1024x1024', quality: 'low', data, ...more })
const errorOf = (error: object): string => `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`
const overloaded = errorOf({ message: 'Overloaded at org-secret.', type: 'server_error', code: null, param: null })

describe('large pictures pass byte for byte', () => {
  test('in one answer of 60 MB', async () => {
    const body = answerOf(Array.from({ length: 6 }, () => ({ b64_json: picture(10) })))
    pair.first.answer = plain(body)
    const { got, receipt } = await up.asked(pair, images, { fields: { n: 6 } })
    expect([got.status, got.broke, got.text === body]).toEqual([200, false, true])
    expect([receipt.chargeNano, receipt.flags, receipt.images]).toEqual([usageNano, [], 6])
  })

  test('in a stream, cut into odd pieces', async () => {
    const stream =
      event('partial_image', { b64_json: picture(3) }) + event('completed', { b64_json: picture(5), usage })
    const pieces: string[] = []
    for (let at = 0, step = 1; at < stream.length; at += step, step = (step * 7 + 3) % 65_537)
      pieces.push(stream.slice(at, at + step))
    pair.first.answer = streamed(pieces)
    const { got, receipt } = await up.asked(pair, imagesStream)
    expect([got.broke, got.text === stream]).toEqual([false, true])
    expect([receipt.ending, receipt.chargeNano, receipt.flags]).toEqual(['completed', usageNano, []])
  })
})

test('an answer in one piece to a streamed call is the stream that was asked for, and an SDK reads it', async () => {
  pair.first.answer = plain(answerOf([{ b64_json: 'iVBO' }]))
  await up.forgive(pair)
  const client = new OpenAI({ baseURL: `${pair.server.baseUrl}/v1/`, apiKey: pair.customer.key, maxRetries: 0 })
  const events = []
  for await (const each of await client.images.generate({ model: 'gpt-image-2', prompt: 'x', stream: true }))
    events.push(each)
  expect(events).toMatchObject([{ type: 'image_generation.completed', b64_json: 'iVBO', created_at: 1, usage }])
  const { receipt } = await up.asked(pair, imagesStream)
  expect([receipt.chargeNano, receipt.flags]).toEqual([usageNano, []])
})

describe('an error inside of an answer', () => {
  test.each([
    ['plain', images, plain('{"error":{"message":"busy","type":"server_error"}}')],
    ['without pictures', images, plain(answerOf([]))],
    ['first in a stream', imagesStream, streamed([': ping\n\n', overloaded])],
    ['a stream that says nothing', imagesStream, streamed([': ping\n\n', 'data: [DONE]\n\n'])],
  ])('%s: another upstream is asked, and the client pays that one alone', async (_, way, answer) => {
    pair.first.answer = answer
    pair.second.answer = way.streamed ? streamed([completed]) : plain(answerOf([{ b64_json: 'iVBO' }]))
    const { got, receipt } = await up.asked(pair, way)
    expect([got.status, up.triedOf(receipt)]).toEqual([200, ['first', 'second']])
    expect(receipt.chargeNano).toBe(usageNano)
  })

  test('behind a partial picture: the client is told, in words of ours, and owes what came', async () => {
    pair.first.answer = streamed([partial, overloaded])
    const { got, receipt } = await up.asked(pair, imagesStream, { prompt: 'cat' })
    expect(got.text).toStartWith(`${partial}\n\ndata: {"error":`)
    expect(got.text).not.toContain('org-secret')
    // One token of prompt and 100 of a partial picture: 5 + 3,000 millionths of a USD.
    expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'], chargeNano: '3005000' })
  })

  test('that is its policy is told in the vendor’s words', async () => {
    const error = { message: 'Rejected by the safety system.', type: 'image_generation_user_error', param: null }
    pair.first.answer = streamed([errorOf({ ...error, code: 'moderation_blocked' })])
    const { got, receipt } = await up.asked(pair, imagesStream)
    expect(ways.envelopeOf(got, 'openai')).toMatchObject({ code: 'moderation_blocked', message: error.message })
    expect([receipt.chargeNano, up.triedOf(receipt)]).toEqual(['0', ['first']])
  })
})

test('of two pictures that were asked for, one and a clean close is a stream that broke off: the one that came is owed', async () => {
  pair.first.answer = streamed([completed])
  const { got, receipt } = await up.asked(pair, imagesStream, { fields: { n: 2 }, prompt: 'cat' })
  expect(got.text).toStartWith(`${completed}\n\ndata: {"error":`)
  // One token of prompt and the 196 of a picture: 5 + 5,880 millionths of a USD.
  expect(receipt).toMatchObject({
    ending: 'upstream-failed',
    flags: ['estimated'],
    chargeNano: '5885000',
    images: 1,
  })
})

test('a client that leaves an upstream that is to be cut owes the prompt and the partial pictures that came', async () => {
  const deployments = [{ name: 'cut', model: 'gpt-image-2', provider: 'first-openai', region: 'us' }]
  const own = await up.startPair({ deployments })
  try {
    own.first.answer = (socket) => void begin(socket)(partial)
    const account = await ways.openPurse(own.server, '1.00')
    const leave = new AbortController()
    const response = await ways.ask(own.server, account.key, imagesStream, { prompt: 'cat', signal: leave.signal })
    await response.body!.getReader().read()
    leave.abort()
    const receipt = await ways.settledOf(own.server, account, response.headers.get('x-request-id')!)
    expect(receipt.onAbort).toBe('cut')
    expect(receipt).toMatchObject({ ending: 'client-left', flags: ['estimated'], chargeNano: '3005000' })
  } finally {
    await own.stop()
  }
})
