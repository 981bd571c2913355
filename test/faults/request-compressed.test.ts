/** Large answers to clients that ask for compression: the SDKs read what they would have read, and streams are left alone. */
import zlib from 'node:zlib'
import { request } from 'node:http'
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'
import { plain } from '../support/raw-upstream.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
beforeAll(async () => {
  pair = await up.startPair()
}, ways.startMsMax)
afterAll(() => pair?.stop())

const text = 'What is a river, and what is a sea? '.repeat(100)

/** The bytes of an answer as they came, which `fetch` would undo. */
const rawly = (
  way: ways.Way,
  accepted: string,
  fields: object = {},
): Promise<{ coding: string | null; bytes: Buffer; vary: string | null }> =>
  new Promise((resolve, reject) => {
    const { key } = pair.customer
    const headers = {
      ...ways.keyHeader(way.dialect, key),
      'accept-encoding': accepted,
      'content-type': 'application/json',
    }
    const asking = request(`${pair.server.baseUrl}${way.path}`, { method: 'POST', headers }, (answer) => {
      const pieces: Buffer[] = []
      const { 'content-encoding': coding = null, vary = null } = answer.headers
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => resolve({ coding, vary, bytes: Buffer.concat(pieces) }))
    })
    asking.on('error', reject)
    asking.end(JSON.stringify(way.bodyOf('hi', { fields })))
  })

const undo = { gzip: zlib.gunzipSync, br: zlib.brotliDecompressSync, zstd: zlib.zstdDecompressSync }

for (const [way, sent] of [
  [up.chat, up.completion(text)],
  [up.generate, up.lastPart(text, { usageMetadata: up.usageMetadata })],
] as const)
  for (const coding of ['gzip', 'br', 'zstd'] as const)
    test(`${way.name}: comes in ${coding} where that is asked for, and is what the upstream said`, async () => {
      pair.first.answer = plain(sent)
      const got = await rawly(way, coding)
      expect([got.coding, got.vary]).toEqual([coding, 'accept-encoding'])
      expect(got.bytes.length).toBeLessThan(sent.length / 2)
      expect(undo[coding](got.bytes).toString()).toBe(sent)
    })

test('nothing asked, nothing done; what is small or streams comes as it is', async () => {
  pair.first.answer = plain(up.completion(text))
  expect(await rawly(up.chat, 'identity')).toMatchObject({ coding: null, vary: 'accept-encoding' })
  pair.first.answer = plain(up.completion('short'))
  expect(await rawly(up.chat, 'gzip')).toMatchObject({ coding: null, vary: null })
  pair.first.answer = up.serve(up.chatStream)
  expect(await rawly(up.chatStream, 'gzip, br, zstd')).toMatchObject({ coding: null, vary: null })
})

test('a refusal in the vendor’s words is compressed as well', async () => {
  const mistake = { message: text, type: 'invalid_request_error', param: null, code: null }
  const body = JSON.stringify({ error: mistake })
  pair.first.answer = (socket) =>
    void socket.write(
      `HTTP/1.1 400 x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  const got = await rawly(up.chat, 'gzip')
  expect(got.coding).toBe('gzip')
  expect(JSON.parse(zlib.gunzipSync(got.bytes).toString())).toEqual({ error: mistake })
})

test('the official SDKs, which ask for it, read the answer and what it cost', async () => {
  const { baseUrl } = pair.server
  const client = new OpenAI({ apiKey: pair.customer.key, baseURL: `${baseUrl}/v1`, maxRetries: 0 })
  pair.first.answer = plain(up.completion(text))
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const { data, response } = await client.chat.completions.create({ model: up.chat.model, messages }).withResponse()
  expect(data.choices[0]!.message.content).toBe(text)
  expect(response.headers.get('x-mart-charge-usd')).not.toBeNull()

  const google = new GoogleGenAI({ apiKey: pair.customer.key, httpOptions: { baseUrl: `${baseUrl}/genai` } })
  pair.first.answer = plain(up.lastPart(text, { usageMetadata: up.usageMetadata }))
  const answer = await google.models.generateContent({ model: up.generate.model, contents: 'hi' })
  expect(answer.text).toBe(text)
})
