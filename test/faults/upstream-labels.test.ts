/** What is an answer, whatever it is labelled: streams, answers in one piece where a stream was asked for, other successes than 200. */
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import { plain, streamed } from '../support/raw-upstream.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)
const { chat, chatStream, embed, generate, generateStream, generateArray } = up

let pair: up.Pair
beforeAll(async () => {
  pair = await up.startPair()
}, ways.startMsMax)
afterAll(() => pair?.stop())

describe('what an answer is, its bytes tell', () => {
  const labels = [
    'text/event-stream',
    'text/event-stream;charset=UTF-8',
    'Text/Event-Stream',
    'text/plain; charset=utf-8',
    null,
    'application/json',
    'application/octet-stream',
  ]
  for (const way of [chatStream, generateStream])
    for (const label of labels)
      test(`${way.name}: a stream labelled ${label} goes out as one`, async () => {
        pair.first.answer = streamed([up.served(way)], 'close', label === null ? [] : [`content-type: ${label}`])
        const { got, receipt } = await up.asked(pair, way)
        expect(got.headers.get('content-type')).toStartWith('text/event-stream')
        expect(ways.answerText(got.text, way)).toBe('served')
        expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20, output: 5 } })
      })

  for (const label of ['application/json', 'text/event-stream', 'text/plain'])
    for (const [way, answered, type] of [
      [chatStream, chat, 'text/event-stream'],
      [generateStream, generate, 'text/event-stream'],
      [generateArray, generate, 'application/json'],
    ] as const)
      test(`${way.name}: an answer in one piece, labelled ${label}, is given as the stream that was asked for`, async () => {
        pair.first.answer = plain(up.served(answered), [`content-type: ${label}`])
        const { got, receipt } = await up.asked(pair, way)
        expect(ways.answerText(got.text, way)).toBe('served')
        expect(got.headers.get('content-type')).toBe(type)
        expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20, output: 5 } })
      })

  test('an answer in one piece, through the SDKs that asked for a stream: text, calls, and usage where asked', async () => {
    const { server, customer } = pair
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    const message = { role: 'assistant', content: 'served', tool_calls: [call] }
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
    const completion = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage: up.usage }
    pair.first.answer = plain(JSON.stringify(completion, null, 2))
    const openai = new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: customer.key, maxRetries: 0 })
    const asking = { model: chat.model, messages: [{ role: 'user' as const, content: 'hi' }] }
    for (const asked of [true, false]) {
      const options = { stream_options: { include_usage: asked } }
      const runner = openai.chat.completions.stream({ ...asking, ...options })
      const got = await runner.finalChatCompletion()
      expect(got.choices[0]!.message).toMatchObject({ content: 'served', tool_calls: [call] })
      expect([got.choices[0]!.finish_reason, got.usage?.total_tokens]).toEqual(['tool_calls', asked ? 25 : undefined])
    }
    pair.first.answer = plain(JSON.stringify(JSON.parse(up.served(generate)), null, 2))
    const genai = new GoogleGenAI({ apiKey: customer.key, httpOptions: { baseUrl: `${server.baseUrl}/genai` } })
    let text = ''
    for await (const chunk of await genai.models.generateContentStream({ model: generate.model, contents: 'hi' }))
      text += chunk.text
    expect(text).toBe('served')
  })

  for (const way of [chat, chatStream, generate, generateStream, embed])
    test(`${way.name}: an answer with status 201 is one, and charged as it says`, async () => {
      pair.first.answer = (socket) => {
        const body = up.served(way)
        socket.write(
          `HTTP/1.1 201 Created\r\ncontent-type: ${way.streamed ? 'text/event-stream' : 'application/json'}\r\n`,
        )
        socket.write(`content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      }
      const { got, receipt } = await up.asked(pair, way)
      expect([got.status, got.text]).toEqual([200, up.servedWithoutUsage(way)])
      expect(receipt).toMatchObject({ ending: 'completed', flags: [], status: 200, tokens: { input: 20 } })
    })

  for (const way of [chat, chatStream, generate, embed])
    test(`${way.name}: a content coding that is none does no harm`, async () => {
      pair.first.answer = plain(up.served(way), ['content-encoding: utf-8'])
      const { got, receipt } = await up.asked(pair, way)
      expect([got.status, got.text]).toEqual([200, up.servedWithoutUsage(way)])
      expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20 } })
    })

  test('an array that is asked for goes out as JSON, whatever its label', async () => {
    pair.first.answer = streamed([up.served(generateArray)], 'close', ['content-type: text/plain'])
    const { got, receipt } = await up.asked(pair, generateArray)
    expect([got.text, got.headers.get('content-type')]).toEqual([up.served(generateArray), 'application/json'])
    expect(receipt).toMatchObject({ ending: 'completed', flags: [] })
  })
})
