/** What a response is and how it is streamed, by OpenAI's own SDK against a running sandbox. */
import { describe, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import type {
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses'
import { z } from 'zod'
import { openai, servedAs, useOpenai } from '../openai-support.ts'

useOpenai()

type Body = Omit<ResponseCreateParamsNonStreaming, 'stream'>
type Headers = Record<string, string>
const say = (input: string, model = 'gpt-5.4'): Body => ({ model, input })
const create = (body: Body, headers: Headers = {}) => openai.responses.create(body, { headers })
const streamed = async (body: Body, headers: Headers = {}): Promise<ResponseStreamEvent[]> =>
  Array.fromAsync(await openai.responses.create({ ...body, stream: true }, { headers }))
const typesOf = (events: readonly ResponseStreamEvent[]) => events.map(({ type }) => type)

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'Current weather of a city.',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
}

describe('a plain response', () => {
  test('has what the vendor’s has, and its usage is what anyone can count', async () => {
    const response = await create(say('Tell me about London and tea.'), { 'x-client-request-id': 'plain' })
    const { usage, output } = response
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'gpt-5.4-2026-03-05',
      store: true,
    })
    expect(response).toMatchObject({ error: null, incomplete_details: null, service_tier: 'default', tools: [] })
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    const { reasoning_tokens: reasoning } = usage!.output_tokens_details
    expect(usage!.input_tokens).toBe(encode('Tell me about London and tea.').length + 6)
    expect(usage!.output_tokens).toBe(encode(response.output_text).length + reasoning)
    expect(usage!.total_tokens).toBe(usage!.input_tokens + usage!.output_tokens)
    const output_ = usage!.output_tokens - reasoning
    expect(await servedAs('plain')).toMatchObject([
      { endpoint: 'responses', complete: true, usage: { input: usage!.input_tokens, output: output_, reasoning } },
    ])
  })

  test('costs what the same chat costs', async () => {
    const messages = [{ role: 'user' as const, content: 'Tell me about London and tea.' }]
    const chat = (await openai.chat.completions.create({ model: 'gpt-5.4', messages })).usage!
    const { usage } = await create(say('Tell me about London and tea.'))
    expect(usage).toMatchObject({ input_tokens: chat.prompt_tokens, total_tokens: chat.total_tokens })
  })

  test('repeats what was asked of it, with what holds where nothing was', async () => {
    const asked = {
      instructions: 'Be brief.',
      max_output_tokens: 2_000,
      metadata: { a: 'b' },
      truncation: 'auto',
    } as const
    const response = await create({
      ...say('hi'),
      ...asked,
      reasoning: { effort: 'low' },
      service_tier: 'fast',
      user: 'u',
    })
    expect(response).toMatchObject({ ...asked, service_tier: 'priority', user: 'u', parallel_tool_calls: true })
    expect(response).toMatchObject({
      reasoning: { effort: 'low', summary: null },
      tool_choice: 'auto',
      background: false,
    })
    expect(response).toMatchObject({
      text: { format: { type: 'text' }, verbosity: 'medium' },
      previous_response_id: null,
    })
  })

  test('is incomplete where its tokens end, of which thinking leaves half to the answer', async () => {
    const response = await create({ ...say('Tell me about tea.'), max_output_tokens: 16 })
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(response.usage).toMatchObject({ output_tokens: 16, output_tokens_details: { reasoning_tokens: 8 } })
    expect(response.output.at(-1)).toMatchObject({ type: 'message', status: 'incomplete' })
    const thought = await create(
      { ...say('Tell me about tea.'), max_output_tokens: 16 },
      { 'x-sandbox': 'reasoning=90' },
    )
    expect(thought.output.map(({ type }) => type)).toEqual(['reasoning'])
    expect(thought.usage!.output_tokens).toBe(16)
  })

  test('follows a schema, as JSON mode and parse() have it', async () => {
    const Event = z.object({ name: z.string(), kind: z.enum(['fair', 'party']), guests: z.array(z.string()) })
    const body = { ...say('Alice and Bob go to a party.'), text: { format: zodTextFormat(Event, 'event') } }
    const parsed = await openai.responses.parse(body)
    expect(parsed.output_parsed).toMatchObject({ kind: 'party' })
    expect(JSON.stringify(parsed.output_parsed)).toContain('Alice')
    const final = await openai.responses.stream(body).finalResponse()
    expect(final.output_parsed).toEqual(parsed.output_parsed)
    const json = await create({ ...say('As JSON, please.'), text: { format: { type: 'json_object' } } })
    expect(JSON.parse(json.output_text)).toEqual({ answer: 'This is a simulated answer.', simulated: true })
  })

  test('takes images, files and sounds, at what each costs', async () => {
    const content = [
      { type: 'input_text' as const, text: 'What is this?' },
      { type: 'input_image' as const, image_url: 'data:image/png;base64,AAAA', detail: 'auto' as const },
      { type: 'input_file' as const, filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
    ]
    const { usage } = await create({ model: 'gpt-5.4', input: [{ role: 'user', content }] })
    expect(usage!.input_tokens).toBe(encode('What is this?').length + 6 + 2 * 560)
  })

  test('declines where it is told to', async () => {
    const { output } = await create(say('x'), { 'x-sandbox': 'refusal=1' })
    expect(output.at(-1)).toMatchObject({ content: [{ type: 'refusal', refusal: expect.stringContaining('sorry') }] })
    const types = typesOf(await streamed(say('x'), { 'x-sandbox': 'refusal=1' }))
    expect(types).toContain('response.refusal.delta')
    expect(types).toContain('response.refusal.done')
  })
})

describe('a stream', () => {
  test('has every event in the vendor’s order, numbered from 0, and says what the plain answer says', async () => {
    const events = await streamed(say('hello there'))
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    const types = typesOf(events).filter((type, at, all) => type !== all[at - 1])
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    const said = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    const plain = await create(say('hello there'))
    const last = events.at(-1)
    expect(said).toBe(plain.output_text)
    expect(last).toMatchObject({ response: { status: 'completed', usage: plain.usage, tools: [] } })
    expect(events[0]).toMatchObject({
      response: { status: 'in_progress', usage: null, output: [], completed_at: null },
    })
  })

  test('is what the SDK’s helper takes, thoughts, searches, pictures and calls together', async () => {
    const tools = [
      { type: 'web_search' as const },
      { type: 'image_generation' as const, quality: 'low' as const, partial_images: 2 },
      { type: 'custom' as const, name: 'run_code' },
      weather,
    ]
    const input = 'Search the web for the weather in Oslo, draw a picture, and run the code.'
    const stream = openai.responses.stream({ model: 'gpt-5.4', input, tools, reasoning: { summary: 'detailed' } })
    const types = new Set<string>()
    stream.on('event', ({ type }) => types.add(type))
    const { output } = await stream.finalResponse()
    expect(output.map(({ type }) => type)).toEqual([
      'reasoning',
      'web_search_call',
      'image_generation_call',
      'custom_tool_call',
      'function_call',
    ])
    for (const type of [
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'image_generation_call.in_progress',
      'image_generation_call.generating',
      'image_generation_call.partial_image',
      'image_generation_call.completed',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'function_call_arguments.delta',
      'function_call_arguments.done',
    ])
      expect(types).toContain(`response.${type}`)
  })

  test('hides the lengths of its tokens only where that is asked for', async () => {
    const asked = { ...say('hello there'), stream_options: { include_obfuscation: true } }
    const isHidden = (event: object) => 'obfuscation' in event
    expect((await streamed(say('hello there'))).some(isHidden)).toBe(false)
    const hidden = (await streamed(asked)).filter(isHidden)
    expect(hidden.length).toBeGreaterThan(2)
    expect(hidden.every((event) => 'delta' in event)).toBe(true)
  })

  test('tells the probabilities of every token, delta by delta', async () => {
    const body: Body = { ...say('hello there', 'gpt-4o'), include: ['message.output_text.logprobs'], top_logprobs: 2 }
    const events = await streamed(body)
    const told = events.flatMap((event) => (event.type === 'response.output_text.delta' ? event.logprobs : []))
    const done = events.find((event) => event.type === 'response.output_text.done')!
    expect(told).toEqual(done.logprobs)
    expect(told.map(({ token }) => token).join('')).toBe(done.text)
    expect(told[0]!.top_logprobs).toHaveLength(2)
  })

  test('cut short counts what it sent', async () => {
    const headers = { 'x-sandbox': 'truncate_after=7 tokens=50', 'x-client-request-id': 'cut' }
    const events = await streamed(say('hello there', 'gpt-4o'), headers)
    expect(typesOf(events).at(-1)).toBe('response.output_text.delta')
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    const output = encode(text).length
    expect(await servedAs('cut')).toMatchObject([{ complete: false, usage: { output: 50 }, sent: { output } }])
  })

  test.each([
    ['failed', 'response.failed'],
    ['error', 'error'],
    ['filtered', 'response.incomplete'],
  ])('ends as it is told to: %s by %s', async (ends, type) => {
    const response = await openai.responses
      .create({ ...say('hello there'), stream: true }, { headers: { 'x-sandbox': `ends=${ends}` } })
      .asResponse()
    const records = (await response.text()).trim().split('\n\n')
    expect(records.at(-1)).toStartWith(
      `event: ${type}\ndata: {"type":"${type}","sequence_number":${records.length - 1},`,
    )
    const plain: unknown = await create(say('hello there'), { 'x-sandbox': `ends=${ends}` }).catch(
      (error: unknown) => error,
    )
    const failed = { status: 'failed', error: { code: 'server_error' }, usage: null, output: [] }
    const filtered = { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
    expect(plain).toMatchObject({ failed, error: { status: 500 }, filtered }[ends]!)
  })

  test('can be wrong about its usage, and the count keeps the truth', async () => {
    const headers = { 'x-sandbox': 'usage=none', 'x-client-request-id': 'none' }
    expect((await streamed(say('hi'), headers)).at(-1)).toMatchObject({ response: { usage: null } })
    const [served] = await servedAs('none')
    expect(served!['usage']).toMatchObject({ input: encode('hi').length + 6 })
    expect((await create(say('hi'), { 'x-sandbox': 'usage=huge' })).usage!.input_tokens).toBe(1_000_000_000)
  })
})

describe('tools', () => {
  test('are called as the prompt asks, all at once or one at a time, and their results are said', async () => {
    const body = { ...say('What is the weather in Oslo?'), tools: [weather] }
    const called = await create(body)
    const call = called.output.at(-1)!
    expect(call).toMatchObject({
      type: 'function_call',
      status: 'completed',
      name: 'get_weather',
      arguments: '{"city":"Oslo"}',
    })
    const call_id = call.type === 'function_call' ? call.call_id : ''
    const output = { type: 'function_call_output' as const, call_id, output: '{"result":"rain"}' }
    const answer = await create({ ...body, input: [output], previous_response_id: called.id })
    expect(answer.output_text).toBe('According to get_weather, rain.')
    const said = called.output as ResponseInput
    const again = await create({ ...body, input: [{ role: 'user', content: 'Weather?' }, ...said, output] })
    expect(again.output_text).toBe('According to get_weather, rain.')
    const time = { ...weather, name: 'get_time', description: 'Time of a zone.' }
    const both = { ...say('The weather and the time in Oslo?'), tools: [weather, time] }
    expect((await create(both)).output.filter(({ type }) => type === 'function_call')).toHaveLength(2)
    const one = await create({ ...both, parallel_tool_calls: false })
    expect(one.output.filter(({ type }) => type === 'function_call')).toHaveLength(1)
  })

  test('are chosen by name, by kind, by a list, or not at all', async () => {
    const custom = { type: 'custom' as const, name: 'run' }
    const tools = [weather, custom, { type: 'web_search' as const }]
    const typeOf = async (tool_choice: Body['tool_choice'], input = 'hi') =>
      (await create({ ...say(input), tools, tool_choice: tool_choice! })).output.at(-1)!.type
    expect(await typeOf({ type: 'function', name: 'get_weather' })).toBe('function_call')
    expect(await typeOf({ type: 'custom', name: 'run' })).toBe('custom_tool_call')
    expect(await typeOf('none', 'What is the weather in Oslo?')).toBe('message')
    expect(await typeOf('required')).toBe('function_call')
    const allowed = {
      type: 'allowed_tools' as const,
      mode: 'required' as const,
      tools: [{ type: 'custom', name: 'run' }],
    }
    expect(await typeOf(allowed)).toBe('custom_tool_call')
  })

  test('are strict unless they say otherwise, as the response repeats them', async () => {
    const loose = {
      type: 'function' as const,
      name: 'f',
      parameters: { type: 'object', properties: { a: { type: 'string' } } },
    }
    const kept = async (strict: boolean | null) =>
      (await create({ ...say('hi'), tools: [{ ...loose, strict }] })).tools[0]
    expect(await kept(null)).toMatchObject({
      strict: true,
      parameters: { required: ['a'], additionalProperties: false },
    })
    expect(await kept(false)).toMatchObject({ strict: false, parameters: loose.parameters })
  })

  test('that the SDK parses are parsed', async () => {
    const tool = zodResponsesFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) })
    const { output } = await openai.responses.parse({ ...say('What is the weather in Oslo?'), tools: [tool] })
    expect(output.at(-1)).toMatchObject({ type: 'function_call', parsed_arguments: { city: 'Oslo' } })
  })

  test('that search the web cite what they found, and are counted one by one', async () => {
    const body: Body = { ...say('Search the web for tea.'), tools: [{ type: 'web_search' }] }
    const response = await create(
      { ...body, include: ['web_search_call.action.sources'] },
      { 'x-client-request-id': 'web' },
    )
    expect(response.tool_usage!.web_search).toEqual({ num_requests: 1 })
    expect(response.output[1]).toMatchObject({
      type: 'web_search_call',
      action: { type: 'search', sources: [{ type: 'url' }] },
    })
    const message = response.output.at(-1)!
    const part = message.type === 'message' ? message.content[0]! : null
    const [cited] = part?.type === 'output_text' ? part.annotations : []
    if (cited?.type !== 'url_citation' || part?.type !== 'output_text') throw new Error('nothing is cited')
    expect(part.text.slice(cited.start_index, cited.end_index)).toContain(cited.url)
    expect(await servedAs('web')).toMatchObject([{ usage: { webSearches: 1, input: response.usage!.input_tokens } }])
    expect((await create(say('Search the web for tea.'))).tool_usage!.web_search.num_requests).toBe(0)
  })

  test('that the vendor hosts are called no oftener than allowed', async () => {
    const tools = [{ type: 'web_search' as const }, { type: 'image_generation' as const, quality: 'low' as const }]
    const body: Body = { ...say('Search the web for a fox and draw a picture.'), tools, max_tool_calls: 1 }
    const kinds = (await create(body)).output.map(({ type }) => type)
    expect(kinds).toEqual(['reasoning', 'web_search_call', 'message'])
  })

  test('that draw make a picture of what was asked, at what it costs', async () => {
    const tool = {
      type: 'image_generation' as const,
      quality: 'low' as const,
      size: '1024x1024',
      output_format: 'webp' as const,
    }
    const body: Body = { ...say('Draw a red fox.'), tools: [tool], tool_choice: { type: 'image_generation' } }
    const response = await create(body, { 'x-client-request-id': 'drawn' })
    const image = response.output.find(({ type }) => type === 'image_generation_call')!
    expect(image).toMatchObject({ status: 'completed', output_format: 'webp', size: '1024x1024', quality: 'low' })
    const input = encode('Draw a red fox.').length
    expect(response.tool_usage!.image_gen).toMatchObject({
      input_tokens: input,
      output_tokens: 196,
      total_tokens: input + 196,
    })
    expect(response.tools[0]).toMatchObject({ model: 'gpt-image-2' })
    const partial = await streamed({ ...body, tools: [{ ...tool, partial_images: 2 }] })
    expect(partial.filter(({ type }) => type.endsWith('partial_image'))).toHaveLength(2)
    const done = partial.at(-1)
    expect(done).toMatchObject({ response: { tool_usage: { image_gen: { output_tokens: 396 } } } })
    expect(await servedAs('drawn')).toMatchObject([{ usage: { toolInput: input, imageOutput: 196 } }])
  })

  test('that draw from the pictures of the prompt read them too', async () => {
    const content = [
      { type: 'input_text' as const, text: 'Draw this in red.' },
      { type: 'input_image' as const, image_url: 'data:image/png;base64,AAAA', detail: 'auto' as const },
    ]
    const input = [{ role: 'user' as const, content }]
    const made = await create({ model: 'gpt-5.4', input, tools: [{ type: 'image_generation', quality: 'low' }] })
    const text_tokens = encode('Draw this in red.').length
    expect(made.tool_usage!.image_gen.input_tokens_details).toEqual({ image_tokens: 560, text_tokens })
    expect(made.output.find(({ type }) => type === 'image_generation_call')).toMatchObject({ action: 'edit' })
  })
})
