/**
 * How an answer ends: completed where it said so itself, failed where it only stopped, elsewhere where nothing
 * was given yet; and no upstream that lingers, floods or mislabels keeps a client, the books or the memory.
 */
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import OpenAI, { APIError } from 'openai'
import { eventually } from '../support/eventually.ts'
import { begin, plain, streamed } from '../support/raw-upstream.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)
const { chatStream, generateStream, generateArray, delta, finish, counted, record, part, lastPart, usageMetadata } = up

let pair: up.Pair
beforeAll(async () => {
  pair = await up.startPair()
}, ways.startMsMax)
afterAll(() => pair?.stop())

const withUsage = { fields: { stream_options: { include_usage: true } } }

/** Text, or the error that the official SDK raises. */
async function throughSdk(way: ways.Way): Promise<{ readonly text: string; readonly error: unknown }> {
  await up.forgive(pair)
  const { server, customer } = pair
  let text = ''
  try {
    if (way.dialect === 'openai') {
      const client = new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: customer.key, maxRetries: 0 })
      const messages = [{ role: 'user' as const, content: 'hi' }]
      const stream = await client.chat.completions.create({ model: way.model, messages, stream: true })
      for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? ''
    } else {
      const client = new GoogleGenAI({ apiKey: customer.key, httpOptions: { baseUrl: `${server.baseUrl}/genai` } })
      for await (const chunk of await client.models.generateContentStream({ model: way.model, contents: 'hi' }))
        text += chunk.text ?? ''
    }
    return { text, error: null }
  } catch (error) {
    return { text, error }
  }
}

describe('an answer whose choices have all said why they end is completed at a clean close', () => {
  const ends: Readonly<Record<string, readonly string[]>> = {
    'with [DONE]': [record(counted), record('[DONE]')],
    'without [DONE]': [record(counted)],
    'without usage': [],
    'without the last blank line': [`data: ${counted}`],
    'with one line end behind it': [`data: ${counted}\n`],
  }
  for (const [name, tail] of Object.entries(ends))
    test(`${name}: byte for byte, and nothing is added`, async () => {
      const stream = [record(delta('Hello')), record(finish()), ...tail]
      pair.first.answer = streamed(stream)
      const { got, receipt } = await up.asked(pair, chatStream, withUsage)
      expect([got.text, got.broke]).toEqual([stream.join(''), false])
      expect(receipt.ending).toBe('completed')
      expect(receipt.tokens).toMatchObject(
        tail.length > 0 ? { input: 20, output: 5 } : { output: countTokens('Hello') },
      )
      expect(receipt.flags).toEqual(tail.length > 0 ? [] : ['estimated'])
      expect(await throughSdk(chatStream)).toEqual({ text: 'Hello', error: null })
    })

  test('of two answers that were asked for, both must', async () => {
    const one = [record(delta('a')), record(finish())]
    const two = { fields: { n: 2 } }
    pair.first.answer = streamed(one)
    expect((await up.asked(pair, chatStream, two)).receipt.ending).toBe('upstream-failed')
    pair.first.answer = streamed([...one, record(delta('b', {}, 1)), record(finish({}, 1))])
    expect((await up.asked(pair, chatStream, two)).receipt.ending).toBe('completed')
  })

  for (const way of [generateStream, generateArray])
    test(`${way.name}: with the finish reason of its candidate`, async () => {
      const elements = [part('He'), lastPart('llo', { usageMetadata })]
      const stream = way === generateArray ? `[${elements.join('\n,\r\n')}\n]\n` : elements.map(record).join('')
      pair.first.answer = streamed([stream])
      const { got, receipt } = await up.asked(pair, way)
      expect([got.text, got.broke]).toEqual([stream, false])
      expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20, output: 5 } })
    })
})

describe('running usage proves no end', () => {
  const openai = ['one ', 'two ', 'three'].map((word) =>
    record(delta(word, { usage: { ...up.usage, completion_tokens: 900 } })),
  )
  const running = { usageMetadata: { ...usageMetadata, candidatesTokenCount: 900 } }
  const genai = ['one ', 'two ', 'three'].map((word) => part(word, running))
  const streams = [
    { way: chatStream, pieces: openai },
    { way: generateStream, pieces: genai.map(record) },
    { way: generateArray, pieces: [`[${genai.join(',')}`] },
  ]
  for (const { way, pieces } of streams)
    for (const then of ['close', 'reset'] as const)
      test(`${way.name}, ${then}: never a clean end, and what was received is owed, estimated`, async () => {
        pair.first.answer = streamed(pieces, then)
        const { got, receipt } = await up.asked(pair, way)
        expect(receipt.ending).toBe('upstream-failed')
        expect(receipt.flags).toContain('estimated')
        expect(receipt.tokens.output).toBe(countTokens('one two three'))
        if (way === generateArray) return expect(got.broke).toBe(true)
        expect(got.text).toContain('"error"')
        const { text, error } = await throughSdk(way)
        expect(text).toBe('one two three')
        expect(error).toBeInstanceOf(Error)
        if (way === chatStream) expect(error).toBeInstanceOf(APIError)
      })

  test('a record that broke off in its middle is not passed on', async () => {
    pair.first.answer = streamed([record(delta('whole')), `data: ${delta('half').slice(0, -20)}`])
    const { got, receipt } = await up.asked(pair, chatStream)
    expect(got.text).not.toContain('half')
    expect(receipt.tokens.output).toBe(countTokens('whole'))
  })
})

describe('an upstream that lingers', () => {
  const beginning = [record(delta('Hi')), record(finish()), record(counted)]

  test('behind [DONE]: the client’s answer ends at once, nothing behind it is passed, and the upstream is left', async () => {
    const { open } = pair.first.connections
    const stream = [...beginning, record('[DONE]')].join('')
    pair.first.answer = streamed([`${stream}${record(delta('more'))}`], 'stay')
    const { got, receipt, ms } = await up.asked(pair, chatStream, withUsage)
    expect(got.text).toBe(stream)
    expect(ms).toBeLessThan(1_000)
    expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20, output: 5 } })
    await up.untilLeft(pair.first, open, 4_000)
  })

  const endings = [
    { way: chatStream, stream: beginning.join(''), beat: ': ping\n\n' },
    { way: generateStream, stream: record(lastPart('Hi', { usageMetadata })), beat: '\n\n' },
    { way: generateArray, stream: `[${lastPart('Hi', { usageMetadata })}`, beat: '\n' },
  ]
  for (const { way, stream, beat } of endings)
    test(`${way.name}: behind its usage it is left within 2 s, whatever its heartbeat, and the answer is complete`, async () => {
      const { open } = pair.first.connections
      pair.first.answer = (socket) => {
        const send = begin(socket)
        send(stream)
        const beats = setInterval(() => send(beat), 100)
        socket.on('close', () => clearInterval(beats))
      }
      const { got, receipt, ms } = await up.asked(pair, way, way === chatStream ? withUsage : {})
      expect(got.broke).toBe(false)
      expect(got.text).toStartWith(stream)
      expect(got.text).not.toContain('"error"')
      expect(ms).toBeLessThan(3_000)
      expect(receipt).toMatchObject({ ending: 'completed', flags: [], tokens: { input: 20, output: 5 } })
      await up.untilLeft(pair.first, open, 4_000)
    })

  test('when its client has left: what was used is charged all the same, and nothing stays open', async () => {
    await up.forgive(pair)
    const { open } = pair.first.connections
    pair.first.answer = streamed(beginning, 'stay')
    const leaving = new AbortController()
    const asking = await ways.ask(pair.server, pair.customer.key, chatStream, { signal: leaving.signal })
    leaving.abort()
    const receipt = await ways.settledOf(pair.server, pair.customer, asking.headers.get('x-request-id')!)
    expect(receipt).toMatchObject({ ending: 'client-left', flags: [], tokens: { input: 20, output: 5 } })
    await up.untilLeft(pair.first, open, 4_000)
  })

  test('is not taken for one that ends as it should: its connection is used again', async () => {
    pair.first.answer = up.serve(chatStream)
    await up.asked(pair, chatStream)
    const { made } = pair.first.connections
    for (let times = 0; times < 3; times += 1) await up.asked(pair, chatStream)
    pair.first.answer = streamed([...beginning, record('[DONE]')])
    for (let times = 0; times < 3; times += 1) await up.asked(pair, chatStream)
    expect(pair.first.connections.made).toBe(made)
  })
})

describe('a record without end', () => {
  const floods: readonly { readonly name: string; readonly way: ways.Way; readonly head: string }[] = [
    { name: 'of events', way: chatStream, head: `${record(delta('Hi'))}data: {"x":"` },
    { name: 'of events, from the first byte', way: chatStream, head: 'data: {"x":"' },
    { name: 'of lines', way: chatStream, head: `${record(delta('Hi'))}data:\n` },
    { name: 'of Gemini’s events', way: generateStream, head: `${record(part('Hi'))}data: {"x":"` },
    { name: 'of an array', way: generateArray, head: `[${part('Hi')},{"x":"` },
    { name: 'of an array, between its elements', way: generateArray, head: `[${part('Hi')},   ` },
    { name: 'of JSON though a stream was asked for', way: chatStream, head: '{"x":"' },
  ]
  const total = 1_500
  for (const { name, way, head } of floods)
    test(`${name}: the upstream is cut off at a limit, the client can tell, and memory does not grow`, async () => {
      const piece = Buffer.alloc(1024 * 1024, name === 'of lines' ? 'data: a\n' : head.endsWith(' ') ? ' ' : 'a')
      let sent = 0
      pair.first.answer = pair.second.answer = (socket) => {
        const send = begin(socket)
        send(head)
        const flood = (): void => {
          while (!socket.destroyed && sent < total) {
            sent += 1
            if (!send(piece)) return
          }
        }
        socket.on('drain', flood)
        flood()
      }
      const before = up.rssBytes(pair.server.pid())
      let most = before
      const watching = setInterval(() => (most = Math.max(most, up.rssBytes(pair.server.pid()))), 10)
      const { got, receipt } = await up.asked(pair, way)
      clearInterval(watching)
      expect(most - before).toBeLessThan(150 * 1024 * 1024)
      expect(sent).toBeLessThan(200)
      expect(receipt.ending).toBe('upstream-failed')
      expect(got.status >= 500 || got.broke || got.text.includes('"error"')).toBe(true)
      await up.untilLeft(pair.first, 0, 5_000)
    })
})

test('the books of all of this close', async () => {
  await eventually(
    async () => ((await ways.balanceOf(pair.server, pair.customer)).heldNano === 0n ? true : null),
    5_000,
    () => 'something stays held',
  )
  pair.first.answer = plain(up.served(up.chat))
  expect((await up.asked(pair, up.chat)).receipt.ending).toBe('completed')
})
