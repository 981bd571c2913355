/** How a response of the background ends: charged for what it used, however it ended, and for nothing where it used nothing. */
import { expect, test } from 'bun:test'
import { readResponseEnd } from './ended.ts'

const end = (fields: object): unknown =>
  readResponseEnd(new TextEncoder().encode(JSON.stringify({ id: 'resp_1', object: 'response', output: [], ...fields })))
const usage = { input_tokens: 20, output_tokens: 5, total_tokens: 25 }

test('while it is made it has not ended', () => {
  for (const status of ['queued', 'in_progress']) expect(end({ status })).toBeNull()
})

test.each([['completed'], ['incomplete'], ['cancelled'], ['failed']])('%s with usage is charged by it', (status) => {
  expect(end({ status, usage, service_tier: 'flex', model: 'gpt-5.4-2026-03-05' })).toEqual({
    state: 'done',
    usage: { input: 20, output: 5 },
    tier: 'flex',
    servedModel: 'gpt-5.4-2026-03-05',
    vendorUsage: usage,
  })
})

test('what its tools used is charged as well, at the price of the model that it names', () => {
  const image_gen = { input_tokens: 171, output_tokens: 196, total_tokens: 367 }
  const tools = [{ type: 'image_generation', model: 'gpt-image-1.5' }]
  expect(
    end({ status: 'completed', usage, tools, tool_usage: { image_gen, web_search: { num_requests: 2 } } }),
  ).toMatchObject({
    usage: { input: 20, output: 5, webSearchCall: 2, toolInput: 171, toolImageOutput: 196 },
  })
})

test.each([
  [{ status: 'failed', error: { code: 'server_error', message: 'x' } }, 'failed'],
  [{ status: 'failed', usage: { input_tokens: 20, output_tokens: 0, total_tokens: 20 } }, 'failed'],
  [{ status: 'cancelled', usage: null }, 'cancelled'],
])('%j is void', (fields, why) => {
  expect(end(fields)).toEqual({ state: 'void', why })
})

test('a word that nobody has told us of is that of a response that goes on, whatever it has used so far', () => {
  for (const status of ['pausing', 'pending', 'constructor'])
    for (const told of [null, usage]) expect(end({ status, usage: told })).toBeNull()
  expect(end({})).toBeNull()
  expect(end({ usage })).toMatchObject({ state: 'done' })
})

test('what is no response is none', () => {
  for (const text of ['{}', '[]', 'hello', '{"object":"video"}'])
    expect(() => readResponseEnd(new TextEncoder().encode(text))).toThrow()
})
