/** Responses from upstreams that have none: a chat completion is asked there, and its answer told as a response. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import { startAnyUpstream, type AnyUpstream } from '../support/any-upstream.ts'
import { plain, streamed } from '../support/raw-upstream.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
let client: OpenAI
beforeAll(async () => {
  pair = await up.startPair()
  client = new OpenAI({ baseURL: `${pair.server.baseUrl}/v1/`, apiKey: pair.customer.key, maxRetries: 0 })
})
afterAll(() => pair?.stop())

const model = up.chat.model
const whole = up.responsesWay(model, false)
const stream = up.responsesWay(model, true)
/** 20 × 0.75 + 5 × 4.50 millionths of a USD. */
const usageNano = '37500'

describe('an answer', () => {
  test('is told as a response, charged what the chat says, and the receipt says that it was translated', async () => {
    pair.first.answer = plain(up.completion('served'))
    const { got, receipt } = await up.asked(pair, whole)
    expect(JSON.parse(got.text)).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'served' }] }],
      usage: { input_tokens: 20, output_tokens: 5, total_tokens: 25 },
    })
    expect(receipt).toMatchObject({ endpoint: 'responses', chargeNano: usageNano, flags: ['translated'] })
  })

  test('streams as events that the SDK puts together, also where it came in one piece', async () => {
    for (const answer of [up.serve(up.chatStream), plain(up.completion('served'))]) {
      pair.first.answer = answer
      await up.forgive(pair)
      const final = await client.responses.stream({ model, input: 'x' }).finalResponse()
      expect([final.output_text, final.usage?.total_tokens]).toEqual(['served', 25])
      const { got, receipt } = await up.asked(pair, stream)
      expect(got.headers.get('content-type')).toStartWith('text/event-stream')
      expect([receipt.ending, receipt.chargeNano, receipt.flags]).toEqual(['completed', usageNano, ['translated']])
    }
  })

  test('behind a finish reason is complete, though its usage never came or its connection was reset', async () => {
    for (const how of ['close', 'reset'] as const) {
      pair.first.answer = streamed([up.delta('served'), up.finish()].map(up.record), how)
      const { got, receipt } = await up.asked(pair, stream, { prompt: 'cat' })
      expect(got.text).toContain('event: response.completed')
      expect(receipt).toMatchObject({ ending: 'completed', chargeNano: '5250' })
    }
  })

  test('that fails before it says anything is asked of the next', async () => {
    for (const way of [whole, stream]) {
      pair.first.answer = plain('{"error":{"message":"busy","type":"server_error"}}')
      pair.second.answer = way.streamed ? up.serve(up.chatStream) : plain(up.completion('served'))
      const { got, receipt } = await up.asked(pair, way)
      expect(got.text).toContain('served')
      expect([up.triedOf(receipt), receipt.chargeNano]).toEqual([['first', 'second'], usageNano])
    }
  })

  test('that breaks off ends as the response that failed, and what came is owed', async () => {
    pair.first.answer = streamed([up.record(up.delta('served'))])
    const { got, receipt } = await up.asked(pair, stream, { prompt: 'cat' })
    const [, id] = /"response":\{"object":"response".*?"id":"(resp_\w+)"/.exec(got.text)!
    const last = JSON.parse(/event: response\.failed\ndata: (.+)\n\n$/.exec(got.text)![1]!) as object
    expect(last).toMatchObject({
      sequence_number: 5,
      response: { id, status: 'failed' },
      error: { code: 'upstream_failed' },
    })
    expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated', 'translated'], chargeNano: '5250' })
  })
})

test('what no chat can say is refused by its field, before anything is sent, and costs nothing', async () => {
  for (const [fields, param] of [
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }] },
      'input[0].encrypted_content',
    ],
  ] as const) {
    const got = await ways.taken(ways.ask(pair.server, pair.customer.key, whole, { fields }))
    expect([got.status, ways.envelopeOf(got, 'openai')]).toMatchObject([400, { param }])
    expect(ways.envelopeOf(got, 'openai').message).toContain('no Responses API')
  }
})

describe('where some providers have responses and others do not', () => {
  let any: AnyUpstream
  let server: Server
  let key: string
  beforeAll(async () => {
    any = startAnyUpstream()
    const provider = (path: string, responses: string) => ({
      kind: 'openai-compatible',
      baseUrl: `${any.url}/${path}`,
      responses,
    })
    const deployment = (name: string, priority: number) => ({ name, model, provider: name, region: 'us', priority })
    const config = {
      providers: { chats: provider('chats', 'translated'), responds: provider('responds', 'native') },
      deployments: [deployment('chats', 0), deployment('responds', 1)],
    }
    server = await startServer({ env: ways.configured(JSON.stringify(config)).env })
    key = (await ways.openPurse(server, '100', { concurrency: null })).key
  })
  afterAll(async () => {
    await server?.stop()
    await any?.stop()
  })
  const ask = async (fields: object): Promise<string> => {
    await ways.taken(ways.ask(server, key, whole, { fields }))
    return any.asked.at(-1)!.path
  }

  test('what can be said as a chat goes to the first of all, and the rest to those that have them', async () => {
    expect(await ask({})).toBe('/chats/chat/completions')
    expect(await ask({ tools: [{ type: 'web_search' }] })).toBe('/responds/responses')
  })

  test('a large body arrives whole, with escapes and letters of any kind, and is repeated whole', async () => {
    const long = `${'Grüße "\\ 🌊\n'.repeat(20_000)}end`
    const got = await ways.taken(
      ways.ask(server, key, whole, {
        fields: { instructions: long, input: [{ role: 'user', content: [{ type: 'input_text', text: long }] }] },
      }),
    )
    expect(any.asked.at(-1)!.body['messages']).toEqual([
      { role: 'system', content: long },
      { role: 'user', content: long },
    ])
    expect((JSON.parse(got.text) as { instructions: string }).instructions === long).toBe(true)
  })

  test('counting an input goes where responses are', async () => {
    await ways.taken(ways.ask(server, key, { ...whole, path: '/v1/responses/input_tokens' }))
    expect(any.asked.at(-1)!.path).toBe('/responds/responses/input_tokens')
  })
})
