/** What chat completions answer, by OpenAI's own SDK against a running sandbox. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import OpenAI from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { sandboxCredential } from '../exchange.ts'
import { startSandbox, type Sandbox } from '../serve.ts'

let sandbox: Sandbox
let openai: OpenAI
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
  openai = new OpenAI({ apiKey: sandboxCredential, baseURL: `${sandbox.url}/v1`, maxRetries: 0 })
})
afterAll(() => sandbox.stop())

const user = (content: string) => [{ role: 'user' as const, content }]
const say = (content: string, model = 'gpt-5.4') => ({ model, messages: user(content) })
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Current weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
    },
  },
}
const time = {
  type: 'function' as const,
  function: { name: 'get_time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
}

test('parse() reads what a zod schema describes, with what the prompt says in it', async () => {
  const Event = z.object({
    name: z.string(),
    kind: z.enum(['fair', 'party']),
    participants: z.array(z.string()),
    place: z.union([z.object({ city: z.string() }), z.null()]),
    order: z.string().regex(/^ORD-\d{3}$/),
  })
  const reply = await openai.chat.completions.parse({
    ...say('Alice and Bob go to a science fair in Vienna, order ORD-123.'),
    response_format: zodResponseFormat(Event, 'event'),
  })
  expect(reply.choices[0]!.message.parsed).toMatchObject({
    kind: 'fair',
    participants: expect.any(Array),
    order: 'ORD-123',
  })
  expect(JSON.stringify(reply.choices[0]!.message.parsed)).toContain('Alice')
  const stream = openai.chat.completions.stream({
    ...say('A party.'),
    response_format: zodResponseFormat(Event, 'event'),
  })
  expect((await stream.finalChatCompletion()).choices[0]!.message.parsed).toMatchObject({ kind: 'party' })
})

test('a model that declines says so in refusal, plain and streamed', async () => {
  const format = zodResponseFormat(z.object({ a: z.string() }), 'x')
  const body = { ...say('hi [[sandbox: refusal=1]]'), response_format: format }
  const { message, finish_reason } = (await openai.chat.completions.parse(body)).choices[0]!
  expect(message).toMatchObject({
    content: null,
    refusal: "I'm sorry, but I can't assist with that request.",
    parsed: null,
  })
  expect(finish_reason).toBe('stop')
  const final = await openai.chat.completions.stream(body).finalChatCompletion()
  expect(final.choices[0]!.message.refusal).toBe(message.refusal)
})

test('a tool is called when the prompt plainly asks for it, with what the prompt says', async () => {
  const asked = await openai.chat.completions.create({
    ...say('What is the weather in Paris, in fahrenheit?'),
    tools: [time, weather],
  })
  const { tool_calls } = asked.choices[0]!.message
  expect(
    tool_calls!.map((call) => call.type === 'function' && [call.function.name, JSON.parse(call.function.arguments)]),
  ).toEqual([['get_weather', { city: 'Paris', unit: 'fahrenheit' }]])
  const idle = await openai.chat.completions.create({ ...say('Say hello.'), tools: [time, weather] })
  expect(idle.choices[0]!.finish_reason).toBe('stop')
  const none = await openai.chat.completions.create({
    ...say('What is the weather in Paris?'),
    tools: [weather],
    tool_choice: 'none',
  })
  expect(none.choices[0]!.message.tool_calls).toBeUndefined()
})

test('two tools are called at once unless parallel calls are off; required calls one in any case', async () => {
  const both = { ...say('Tell me the weather and the time in Rome.'), tools: [time, weather] }
  const parallel = await openai.chat.completions.create(both)
  expect(parallel.choices[0]!.message.tool_calls).toHaveLength(2)
  expect(new Set(parallel.choices[0]!.message.tool_calls!.map(({ id }) => id)).size).toBe(2)
  const streamed = await openai.chat.completions.stream(both).finalChatCompletion()
  expect(streamed.choices[0]!.message.tool_calls).toHaveLength(2)
  const single = await openai.chat.completions.create({ ...both, parallel_tool_calls: false })
  expect(single.choices[0]!.message.tool_calls).toHaveLength(1)
  const required = await openai.chat.completions.create({
    ...say('Say hello.'),
    tools: [time, weather],
    tool_choice: 'required',
  })
  expect(required.choices[0]!.message.tool_calls).toHaveLength(1)
})

test('allowed_tools, custom tools and the functions of old are called as they are written', async () => {
  const allowed = await openai.chat.completions.create({
    ...say('hello'),
    tools: [time, weather],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'get_weather' } }] },
    },
  })
  expect(allowed.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'get_weather' } }])
  const custom = {
    type: 'custom' as const,
    custom: {
      name: 'run_sql',
      format: { type: 'grammar' as const, grammar: { syntax: 'regex' as const, definition: '^SELECT [a-z]{3}$' } },
    },
  }
  const body = { ...say('x'), tools: [custom], tool_choice: { type: 'custom' as const, custom: { name: 'run_sql' } } }
  const ran = (await openai.chat.completions.create(body)).choices[0]!
  expect(ran.message.tool_calls).toEqual([
    {
      id: expect.any(String),
      type: 'custom',
      custom: { name: 'run_sql', input: expect.stringMatching(/^SELECT [a-z]{3}$/) },
    },
  ])
  const chunks = await Array.fromAsync(await openai.chat.completions.create({ ...body, stream: true }))
  expect(JSON.stringify(chunks)).toContain('"custom":{"name":"run_sql","input":""}')
  const legacy = { ...say('x'), functions: [weather.function], function_call: { name: 'get_weather' } }
  const old = (await openai.chat.completions.create(legacy)).choices[0]!
  expect(old).toMatchObject({ finish_reason: 'function_call', message: { function_call: { name: 'get_weather' } } })
  const streamed = await openai.chat.completions.stream(legacy).finalChatCompletion()
  expect(streamed.choices[0]!.message.function_call).toEqual(old.message.function_call)
})

test('runTools calls the function, and the answer says what it returned', async () => {
  const calls: unknown[] = []
  const runner = openai.chat.completions.runTools({
    ...say('What is the weather in Oslo?'),
    tools: [
      zodFunction({
        name: 'get_weather',
        parameters: z.object({ city: z.string() }),
        function: (given) => {
          calls.push(given)
          return { temperature: 21, sky: 'clear' }
        },
      }),
    ],
  })
  expect(await runner.finalContent()).toBe('According to get_weather, temperature is 21 and sky is clear.')
  expect(calls).toEqual([{ city: 'Oslo' }])
})

test('logprobs are of every token, add up to less than one a place, and are the same in a stream', async () => {
  const body = { ...say('Tell me about tea.', 'gpt-4o'), logprobs: true, top_logprobs: 5 }
  const { message, logprobs } = (await openai.chat.completions.create(body)).choices[0]!
  const tokens = logprobs!.content!
  expect(tokens.map(({ token }) => token).join('')).toBe(message.content!)
  expect(tokens).toHaveLength(encode(message.content!).length)
  for (const { token, bytes, logprob, top_logprobs } of tokens) {
    expect(Buffer.from(bytes!).toString()).toBe(token)
    expect(top_logprobs[0]).toMatchObject({ token, logprob })
    expect(top_logprobs.map((top) => top.logprob)).toEqual(
      top_logprobs.map((top) => top.logprob).toSorted((a, b) => b - a),
    )
    expect(top_logprobs.reduce((sum, top) => sum + Math.exp(top.logprob), 0)).toBeLessThanOrEqual(1)
    expect(top_logprobs).toHaveLength(5)
  }
  const final = await openai.chat.completions.stream(body).finalChatCompletion()
  expect(final.choices[0]!.logprobs!.content).toEqual(tokens)
  const foreign = (
    await openai.chat.completions.create({ ...body, messages: user('[[sandbox: unicode=1 tokens=90]]') })
  ).choices[0]!
  expect(foreign.logprobs!.content).toHaveLength(90)
  const bytes = foreign.logprobs!.content!.flatMap((token) => token.bytes!)
  expect(Buffer.from(bytes).toString()).toBe(foreign.message.content!)
})

test('a model that searches cites where it says it', async () => {
  const body = {
    ...say('News about whales', 'gpt-4o-search-preview'),
    web_search_options: { search_context_size: 'low' as const },
  }
  const { message } = (await openai.chat.completions.create(body)).choices[0]!
  const { start_index, end_index, url, title } = message.annotations![0]!.url_citation
  expect(message.content!.slice(start_index, end_index)).toBe(`([example.com](${url}))`)
  expect(title).toBeTruthy()
  const chunks = await Array.fromAsync(await openai.chat.completions.create({ ...body, stream: true }))
  expect(JSON.stringify(chunks)).toContain('"annotations":[{"type":"url_citation"')
})

test('a list is a list, JSON is JSON, and both stop where they are told', async () => {
  const list = (await openai.chat.completions.create(say('List four ideas for dinner.'))).choices[0]!.message.content!
  expect(list.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(4)
  const steps = (await openai.chat.completions.create(say('Give me 3 steps to bake bread.'))).choices[0]!.message
    .content!
  expect(steps).toMatch(/\n1\. .*\n2\. .*\n3\. .*\.$/)
  const json = { ...say('Answer in json.'), response_format: { type: 'json_object' as const } }
  expect(JSON.parse((await openai.chat.completions.create(json)).choices[0]!.message.content!)).toBeObject()
  const cut = (await openai.chat.completions.create({ ...say('List four ideas.', 'gpt-4o'), stop: '\n' })).choices[0]!
  expect(cut.message.content).not.toContain('\n')
})
