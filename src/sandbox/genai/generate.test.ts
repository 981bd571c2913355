/** The Google SDK against a running sandbox. */
import { FinishReason, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import sharp from 'sharp'
import { sandboxCredential } from '../exchange.ts'
import { startSandbox, type Sandbox } from '../serve.ts'

let sandbox: Sandbox
let genai: GoogleGenAI
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
  genai = new GoogleGenAI({ apiKey: sandboxCredential, httpOptions: { baseUrl: sandbox.url } })
})
afterAll(() => sandbox.stop())
beforeEach(async () => void (await fetch(`${sandbox.url}/sandbox/reset`, { method: 'POST' })))

const model = 'gemini-3.5-flash'
/** Plain JSON, untyped: what is on the wire, not what an SDK's types make of it. */
const wire = (value: unknown) => JSON.parse(JSON.stringify(value))
const jsonOf = async (response: Response) => wire(await response.json())
const count = async () => jsonOf(await fetch(`${sandbox.url}/sandbox/count`))
const raw = (path: string, body: object, key = sandboxCredential): Promise<Response> =>
  fetch(sandbox.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
  })

test('Gemini usage excludes thoughts from candidates, and the total has everything', async () => {
  const reply = await genai.models.generateContent({ model, contents: 'Tell me about London.' })
  const usage = reply.usageMetadata!
  expect(usage.promptTokenCount).toBe(encode('Tell me about London.').length + 6)
  expect(usage.candidatesTokenCount).toBe(encode(reply.text!).length)
  expect(usage.thoughtsTokenCount).toBeGreaterThan(0)
  expect(usage.totalTokenCount).toBe(usage.promptTokenCount! + usage.candidatesTokenCount! + usage.thoughtsTokenCount!)
  expect(wire(usage).promptTokensDetails).toEqual([{ modality: 'TEXT', tokenCount: usage.promptTokenCount }])
  expect(reply.modelVersion).toBe(model)
  expect((await count()).byModel[model]).toMatchObject({
    requests: 1,
    input: usage.promptTokenCount,
    output: usage.candidatesTokenCount,
    reasoning: usage.thoughtsTokenCount,
  })
})

test('every chunk of a Gemini stream carries running totals, and the last one is the whole', async () => {
  const chunks = await Array.fromAsync(
    await genai.models.generateContentStream({
      model,
      contents: 'Stream about tea.',
      config: { thinkingConfig: { includeThoughts: true } },
    }),
  )
  const plain = await genai.models.generateContent({ model, contents: 'Stream about tea.' })
  expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe(plain.text!)
  expect(chunks.at(-1)!.usageMetadata).toEqual(plain.usageMetadata)
  expect(chunks[0]!.candidates![0]!.content!.parts![0]!.thought).toBe(true)
  expect(chunks.filter((chunk) => chunk.candidates![0]!.finishReason).length).toBe(1)
  const totals = chunks.map((chunk) => chunk.usageMetadata!.totalTokenCount!)
  expect(totals).toEqual(totals.toSorted((one, other) => one - other))
})

test('without alt=sse a Gemini stream is one JSON array; with it, CRLF records and no terminator', async () => {
  const body = { contents: [{ parts: [{ text: 'hi' }] }] }
  const array = await (await raw(`/v1beta/models/${model}:streamGenerateContent`, body)).text()
  const sse = await (await raw(`/v1beta/models/${model}:streamGenerateContent?alt=sse`, body)).text()
  expect(array).toMatch(/^\[\{[^]*\}\n,\r\n\{[^]*\}\n\]$/)
  const records = sse.split('\r\n\r\n')
  expect(records.pop()).toBe('')
  expect(records.map((record) => JSON.parse(record.slice(6)))).toHaveLength(JSON.parse(array).length)
})

test('maxOutputTokens bounds thoughts and answer together; a budget of 0 thinks nothing', async () => {
  const cut = await genai.models.generateContent({
    model,
    contents: '[[sandbox: tokens=900]]',
    config: { maxOutputTokens: 50 },
  })
  expect(cut.candidates![0]!.finishReason).toBe(FinishReason.MAX_TOKENS)
  expect(cut.usageMetadata!.candidatesTokenCount! + cut.usageMetadata!.thoughtsTokenCount!).toBe(50)
  const quick = await genai.models.generateContent({
    model,
    contents: 'x',
    config: { thinkingConfig: { thinkingBudget: 0 }, candidateCount: 3 },
  })
  expect(quick.usageMetadata!.thoughtsTokenCount).toBeUndefined()
  expect(quick.candidates).toHaveLength(3)
})

test('Gemini JSON and function calls conform to upper-case and lower-case schemas alike', async () => {
  const responseSchema = {
    type: Type.OBJECT,
    required: ['a', 'b'],
    properties: {
      a: { type: Type.INTEGER, minimum: 3, maximum: 3 },
      b: { type: Type.ARRAY, minItems: '2', items: { type: Type.BOOLEAN } },
    },
  }
  const json = await genai.models.generateContent({
    model,
    contents: 'x',
    config: { responseMimeType: 'application/json', responseSchema },
  })
  expect(JSON.parse(json.text!)).toMatchObject({ a: 3, b: [expect.any(Boolean), expect.any(Boolean)] })
  const called = await genai.models.generateContent({
    model,
    contents: 'x',
    config: {
      tools: [{ functionDeclarations: [{ name: 'look_up', parameters: responseSchema }] }],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
    },
  })
  expect(called.functionCalls![0]).toMatchObject({ name: 'look_up', args: { a: 3 } })
  expect(called.candidates![0]!.content!.parts![0]!.thoughtSignature).toBeString()
})

test('snake_case requests are read as camelCase ones', async () => {
  const reply = await jsonOf(
    await raw(`/v1beta/models/${model}:generateContent`, {
      system_instruction: { parts: [{ text: 'Be short.' }] },
      contents: [{ parts: [{ text: 'hi' }, { inline_data: { mime_type: 'image/png', data: 'AA==' } }] }],
      generation_config: { max_output_tokens: 30 },
    }),
  )
  expect(reply.usageMetadata.candidatesTokenCount + reply.usageMetadata.thoughtsTokenCount).toBe(30)
  expect(reply.usageMetadata.promptTokensDetails).toEqual([
    { modality: 'TEXT', tokenCount: encode('Be short.').length + encode('hi').length + 9 },
    { modality: 'IMAGE', tokenCount: 560 },
  ])
})

test('pictures are real, of the size, shape and format asked for, and cost what the size costs', async () => {
  const cases: readonly [string, object, string, number, number, number][] = [
    ['gemini-3-pro-image', {}, 'png', 1024, 1024, 1120],
    ['gemini-3-pro-image', { imageSize: '2K', aspectRatio: '16:9' }, 'png', 2752, 1536, 1120],
    ['gemini-3-pro-image', { imageSize: '4K' }, 'png', 4096, 4096, 2000],
    [
      'gemini-3.1-flash-image',
      { imageSize: '512', aspectRatio: '9:16', imageOutputOptions: { mimeType: 'image/jpeg' } },
      'jpeg',
      384,
      688,
      747,
    ],
    ['gemini-3.1-flash-image', { imageSize: '4K', mimeType: 'image/webp' }, 'webp', 4096, 4096, 2520],
    ['gemini-2.5-flash-image', { aspectRatio: '1:1' }, 'png', 1024, 1024, 1290],
  ]
  for (const [imageModel, imageConfig, format, width, height, tokens] of cases) {
    const reply = await jsonOf(
      await raw(`/v1/models/${imageModel}:generateContent`, {
        contents: [{ parts: [{ text: 'Draw a <fox> & tea' }] }],
        generationConfig: { responseModalities: ['IMAGE'], imageConfig },
      }),
    )
    const { inlineData } = reply.candidates[0].content.parts[0]
    expect(await sharp(Buffer.from(inlineData.data, 'base64')).metadata()).toMatchObject({ format, width, height })
    expect(inlineData.mimeType).toBe(`image/${format}`)
    expect(reply.usageMetadata).toMatchObject({
      candidatesTokenCount: tokens,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: tokens }],
    })
    expect((await count()).byModel[imageModel].imageOutput).toBeGreaterThanOrEqual(tokens)
  }
  expect(
    (
      await raw('/v1/models/gemini-2.5-flash-image:generateContent', {
        contents: [{ parts: [{ text: 'x' }] }],
        generationConfig: { imageConfig: { imageSize: '4K' } },
      })
    ).status,
  ).toBe(400)
}, 30_000)

test('countTokens is free and agrees with what generation costs', async () => {
  const { totalTokens } = await genai.models.countTokens({ model, contents: 'How many?' })
  expect((await count()).requests).toBe(0)
  expect((await genai.models.generateContent({ model, contents: 'How many?' })).usageMetadata!.promptTokenCount).toBe(
    totalTokens,
  )
})

test('what Google refuses is refused in its envelope; the served model and tier can be chosen', async () => {
  const body = { contents: [{ parts: [{ text: 'hi [[sandbox: served=gemini-3.6-flash tier=flex]]' }] }] }
  const routed = await raw(`/v1beta/models/${model}:generateContent`, body)
  expect(routed.headers.get('x-gemini-service-tier')).toBe('flex')
  expect((await jsonOf(routed)).modelVersion).toBe('gemini-3.6-flash')
  const wrong = await jsonOf(await raw(`/v1beta/models/${model}:generateContent`, body, 'wrong'))
  expect(wrong.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] })
  const missing = await jsonOf(await raw('/v1beta/models/gemini-does-not-exist:generateContent', body))
  expect(missing.error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
  const empty = await jsonOf(await raw(`/v1beta/models/${model}:generateContent`, {}))
  expect(empty.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
  const limited = await jsonOf(
    await raw(`/v1beta/models/${model}:generateContent`, {
      contents: [{ parts: [{ text: '[[sandbox: status=429 retry_after=9]]' }] }],
    }),
  )
  expect(limited.error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '9s' }] })
})
