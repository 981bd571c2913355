/** What Gemini's answers are made of, by Google's own SDK against a running sandbox. */
import { FinishReason, FunctionCallingConfigMode, GoogleGenAI, Type, type GenerateContentConfig } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
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
const ask = (contents: string, config: GenerateContentConfig = {}) =>
  genai.models.generateContent({ model, contents, config })
const stream = async (contents: string, config: GenerateContentConfig = {}) =>
  Array.fromAsync(await genai.models.generateContentStream({ model, contents, config }))
const counted = async () => {
  const totals = (await (await fetch(`${sandbox.url}/sandbox/count`)).json()) as { byModel: Record<string, unknown> }
  return totals.byModel[model]
}

const weather = {
  name: 'get_weather',
  parameters: { type: Type.OBJECT, required: ['city'], properties: { city: { type: Type.STRING } } },
}
const tools = [{ functionDeclarations: [{ name: 'get_time' }, weather] }]
const mode = (name: FunctionCallingConfigMode, allowedFunctionNames?: string[]) => ({
  functionCallingConfig: { mode: name, ...(allowedFunctionNames && { allowedFunctionNames }) },
})

test('functions are called as the mode has it: ANY, NONE, AUTO, VALIDATED, and only those allowed', async () => {
  const names = async (contents: string, config: GenerateContentConfig) =>
    (await ask(contents, config)).functionCalls?.map(({ name }) => name)
  const { ANY, NONE, AUTO, VALIDATED } = FunctionCallingConfigMode
  expect(await names('hello', { tools, toolConfig: mode(ANY) })).toEqual(['get_time'])
  expect(await names('hello', { tools, toolConfig: mode(ANY, ['get_weather']) })).toEqual(['get_weather'])
  expect(await names('weather in Rome', { tools, toolConfig: mode(NONE) })).toBeUndefined()
  expect(await names('weather in Rome', { tools, toolConfig: mode(AUTO) })).toEqual(['get_weather'])
  expect(await names('weather in Rome', { tools, toolConfig: mode(VALIDATED) })).toEqual(['get_weather'])
  expect(await names('hello', { tools })).toBeUndefined()
  expect(await names('weather and time in Rome', { tools })).toEqual(['get_time', 'get_weather'])
  const called = (await ask('What is the weather in Rome?', { tools })).candidates![0]!.content!.parts![0]!
  expect(called).toMatchObject({ functionCall: { args: { city: 'Rome' } }, thoughtSignature: expect.any(String) })
})

test('automatic function calling and chats answer with what the function returned', async () => {
  const seen: unknown[] = []
  const callable = {
    tool: () => Promise.resolve({ functionDeclarations: [weather] }),
    callTool: (calls: { id?: string; name?: string; args?: unknown }[]) => {
      seen.push(...calls.map(({ args }) => args))
      return Promise.resolve(
        calls.map(({ id, name }) => ({
          functionResponse: { ...(id && { id }), ...(name && { name }), response: { temperature: 21 } },
        })),
      )
    },
  }
  const reply = await ask('What is the weather in Oslo?', { tools: [callable] })
  expect(seen).toEqual([{ city: 'Oslo' }])
  expect(reply.text).toBe('According to get_weather, temperature is 21.')
  const chat = genai.chats.create({ model, config: { tools: [callable] } })
  expect((await chat.sendMessage({ message: 'And the weather in Rome?' })).text).toContain('temperature is 21')
  expect((await chat.sendMessage({ message: 'Thank you.' })).text).toContain('simulated answer')
})

test('text/x.enum answers one of the words, the one that the prompt has if it has one', async () => {
  const config = {
    responseMimeType: 'text/x.enum',
    responseSchema: { type: Type.STRING, enum: ['Percussion', 'String', 'Woodwind'] },
  }
  expect((await ask('Is a violin a string instrument?', config)).text).toBe('String')
  expect(config.responseSchema.enum).toContain((await ask('What is it?', config)).text!)
})

test('a response schema and a JSON schema say the same, unions, references and patterns included', async () => {
  const json = async (config: GenerateContentConfig): Promise<unknown> =>
    JSON.parse((await ask('x', { responseMimeType: 'application/json', ...config })).text!)
  const union = { anyOf: [{ type: Type.INTEGER, minimum: 5, maximum: 5 }, { type: Type.NULL }] }
  expect(
    await json({
      responseSchema: { type: Type.OBJECT, properties: { a: union, b: { type: Type.STRING, pattern: '^x{3}$' } } },
    }),
  ).toEqual({ a: 5, b: 'xxx' })
  const responseJsonSchema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/five' }, t: { type: 'array', prefixItems: [{ const: 1 }, { const: 'z' }] } },
    additionalProperties: false,
    $defs: { five: { type: 'integer', minimum: 5, exclusiveMaximum: 6 } },
  }
  expect(await json({ responseJsonSchema })).toEqual({ a: 5, t: [1, 'z'] })
})

test('logprobs are of every token, with as many candidates as are asked for, also in a stream', async () => {
  const config = { responseLogprobs: true, logprobs: 3 }
  const { text, candidates } = await ask('Tell me about tea.', config)
  const { chosenCandidates, topCandidates, logProbabilitySum } = candidates![0]!.logprobsResult!
  expect(chosenCandidates!.map(({ token }) => token).join('')).toBe(text!)
  expect(topCandidates!.every((place) => place.candidates!.length === 3)).toBe(true)
  expect(candidates![0]!.avgLogprobs).toBeCloseTo(logProbabilitySum! / chosenCandidates!.length, 9)
  const chunks = await stream('Tell me about tea.', config)
  expect(chunks.flatMap((chunk) => chunk.candidates![0]!.logprobsResult?.chosenCandidates ?? [])).toEqual(
    chosenCandidates!,
  )
  expect(chunks.at(-1)!.candidates![0]!.avgLogprobs).toBe(candidates![0]!.avgLogprobs)
  expect((await ask('x')).candidates![0]!.logprobsResult).toBeUndefined()
})

test('a search grounds the answer: queries, sources, and what they support', async () => {
  const { text, candidates, usageMetadata } = await ask('Who won the whale race?', { tools: [{ googleSearch: {} }] })
  const { webSearchQueries, groundingChunks, groundingSupports, searchEntryPoint } = candidates![0]!.groundingMetadata!
  expect(webSearchQueries).toHaveLength(1)
  expect(groundingChunks!.every(({ web }) => web!.uri!.startsWith('https://'))).toBe(true)
  expect(groundingSupports![0]!.segment).toEqual({ startIndex: 0, endIndex: Buffer.byteLength(text!), text: text! })
  expect(searchEntryPoint!.renderedContent).toBeTruthy()
  expect(usageMetadata!.toolUsePromptTokenCount).toBeUndefined()
  const chunks = await stream('Who won the whale race?', { tools: [{ googleSearch: {} }] })
  expect(chunks.at(-1)!.candidates![0]!.groundingMetadata).toEqual(candidates![0]!.groundingMetadata)
})

test('pages, code and maps leave what they leave, and what they add to the prompt is counted', async () => {
  const page = await ask('Sum up https://example.com/a.', { tools: [{ urlContext: {} }] })
  expect(page.candidates![0]!.urlContextMetadata as unknown).toEqual({
    urlMetadata: [{ retrievedUrl: 'https://example.com/a', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' }],
  })
  const usage = page.usageMetadata!
  expect(usage.toolUsePromptTokenCount).toBe(400)
  expect(usage.totalTokenCount).toBe(
    usage.promptTokenCount! + usage.candidatesTokenCount! + usage.thoughtsTokenCount! + 400,
  )
  expect(await counted()).toMatchObject({
    input: usage.promptTokenCount! + 400,
    output: usage.candidatesTokenCount,
    reasoning: usage.thoughtsTokenCount,
  })
  const config = { tools: [{ codeExecution: {} }] }
  const ran = await ask('What is 20 plus 22?', config)
  expect(ran.executableCode).toBe('numbers = [20, 22]\nprint(sum(numbers))\n')
  expect(ran.codeExecutionResult).toBe('42\n')
  expect(ran.candidates![0]!.content!.parts!.at(-1)!.text).toContain('42')
  const said = ran.candidates![0]!.content!.parts!.at(-1)!.text!
  expect(ran.usageMetadata!.candidatesTokenCount).toBe(encode(said).length + encode(ran.executableCode!).length)
  const chunks = await stream('What is 20 plus 22?', config)
  expect(chunks.at(-1)!.usageMetadata).toEqual(ran.usageMetadata)
  const map = await ask('Cafes nearby?', { tools: [{ googleMaps: {} }] })
  expect(map.candidates![0]!.groundingMetadata!.groundingChunks![0]!.maps!.uri).toStartWith('https://')
})

test('an answer that is held back has a reason and no content, and costs no output', async () => {
  const { candidates, usageMetadata } = await ask('hi [[sandbox: refusal=1]]')
  expect([candidates![0]!.finishReason, candidates![0]!.content]).toEqual([FinishReason.SAFETY, undefined])
  expect(usageMetadata!.candidatesTokenCount).toBe(0)
  expect((await stream('hi [[sandbox: refusal=1]]')).at(-1)!.candidates![0]!.finishReason).toBe(FinishReason.SAFETY)
})

test('thoughts are told when asked for, and the answer is signed', async () => {
  const config = { systemInstruction: 'Be kind.', thinkingConfig: { includeThoughts: true, thinkingBudget: 64 } }
  const { candidates, usageMetadata } = await ask('hi', config)
  const [thought, text] = candidates![0]!.content!.parts!
  expect([thought!.thought, text!.thought]).toEqual([true, undefined])
  expect(text!.thoughtSignature).toBeTruthy()
  expect(usageMetadata!.thoughtsTokenCount).toBe(64)
})
