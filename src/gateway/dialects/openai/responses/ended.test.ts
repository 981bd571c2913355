/** How a response of the background ends: charged for what it used, however it ended, and for nothing where it used nothing. */
import { expect, test } from 'bun:test'
import models from '../../../../catalog/models.json'
import { loadCatalog } from '../../../../catalog/catalog.ts'
import { doneBy } from '../../../job-end.ts'
import { readResponseEnd } from './ended.ts'

const deps = {
  catalog: loadCatalog(models),
  countTokens: (text: string) => Promise.resolve(Math.ceil(text.length / 4)),
}
async function end(fields: object, kind: 'openai' | 'openai-compatible' = 'openai'): Promise<unknown> {
  const object = { id: 'resp_1', object: 'response', output: [], ...fields }
  const ended = readResponseEnd(new TextEncoder().encode(JSON.stringify(object)))
  if (ended === null || !('reading' in ended)) return ended
  return (await doneBy(ended.reading, { model: 'gpt-5.4', kind, isAssumed: ended.isAssumed }, deps)) ?? ended.otherwise
}
const usage = { input_tokens: 20, output_tokens: 5, total_tokens: 25 }

test('while it is made it has not ended', async () => {
  for (const status of ['queued', 'in_progress']) expect(await end({ status })).toBeNull()
})

test.each([['completed'], ['incomplete'], ['cancelled'], ['failed']])(
  '%s with usage is charged by it',
  async (status) => {
    expect(await end({ status, usage, service_tier: 'flex', model: 'gpt-5.4-2026-03-05' })).toEqual({
      state: 'done',
      usage: { input: 20, output: 5 },
      tier: 'flex',
      servedModel: 'gpt-5.4-2026-03-05',
      vendorUsage: usage,
      flags: [],
      lacksInput: false,
    })
  },
)

test('what its tools used is charged as well, at the price of the model that it names', async () => {
  const image_gen = { input_tokens: 171, output_tokens: 196, total_tokens: 367 }
  const tools = [{ type: 'image_generation', model: 'gpt-image-1.5' }]
  expect(
    await end({ status: 'completed', usage, tools, tool_usage: { image_gen, web_search: { num_requests: 2 } } }),
  ).toMatchObject({
    usage: { input: 20, output: 5, webSearchCall: 2, toolInput: 171, toolImageOutput: 196 },
  })
})

test.each([
  [{ status: 'failed', error: { code: 'server_error', message: 'x' } }, 'failed'],
  [{ status: 'failed', usage: { input_tokens: 20, output_tokens: 0, total_tokens: 20 } }, 'failed'],
  [{ status: 'cancelled', usage: null }, 'cancelled'],
])('%j is void', async (fields, why) => {
  expect(await end(fields)).toEqual({ state: 'void', why })
})

const said = (text: string) => [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }]

test('what is complete and does not say what it used is counted by what it says; its input as it was guessed, and it is flagged', async () => {
  for (const told of [{}, { usage: null }, { usage: {} }, { usage: { input_tokens: 0, output_tokens: 0 } }])
    for (const status of ['completed', 'incomplete'])
      expect(await end({ status, output: said('x'.repeat(40)), ...told })).toMatchObject({
        state: 'done',
        usage: { output: 10 },
        lacksInput: true,
        flags: expect.arrayContaining(['estimated']),
      })
  expect(
    await end({
      status: 'completed',
      output: said('x'.repeat(40)),
      usage: { ...usage, output_tokens: 0, total_tokens: 20 },
    }),
  ).toMatchObject({ usage: { input: 20, output: 10 }, lacksInput: false, flags: ['estimated', 'usage-mismatch'] })
  // Nobody was given anything.
  expect(await end({ status: 'completed' })).toEqual({ state: 'void', why: 'failed' })
  expect(await end({ status: 'cancelled', output: said('x') })).toEqual({ state: 'void', why: 'cancelled' })
})

test('figures beyond all that the model can take or give are no figures: that side is counted, and the rest is the vendor’s', async () => {
  const output = said('x'.repeat(40))
  for (const [told, used] of [
    [{ output_tokens: 1e12 }, { input: 20, output: 10 }],
    [{ output_tokens: 400_000 }, { input: 20, output: 10 }],
    [{ input_tokens: 1e15 }, { output: 5 }],
  ] as const) {
    const { input_tokens, output_tokens } = { ...usage, ...told }
    const figures = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
    const done = await end({ status: 'completed', output, usage: figures })
    expect([told, done]).toMatchObject([told, { usage: used, flags: ['estimated', 'usage-mismatch'] }])
    expect([told, done]).toMatchObject([told, { lacksInput: !('input' in used) }])
  }
  // As many as a model comes to give beyond what is known of it are charged, as far as is reserved.
  expect(
    await end({
      status: 'completed',
      output,
      usage: { input_tokens: 20, output_tokens: 200_000, total_tokens: 200_020 },
    }),
  ).toMatchObject({ usage: { output: 200_000 }, flags: [] })
  // Whose parts are more than the whole.
  expect(
    await end({ status: 'completed', output, usage: { ...usage, input_tokens_details: { cached_tokens: 90 } } }),
  ).toMatchObject({ flags: ['usage-mismatch'] })
})

test('another model of the catalog that its vendor says served is flagged; what a compatible upstream calls itself is not', async () => {
  const done = { status: 'completed', usage, model: 'gpt-5.4-mini' }
  expect(await end(done)).toMatchObject({ servedModel: 'gpt-5.4-mini', flags: ['other-model-served'] })
  expect(await end(done, 'openai-compatible')).toMatchObject({ servedModel: 'gpt-5.4-mini', flags: [] })
  for (const model of ['gpt-5.4', 'gpt-5.4-2026-03-05', 'nobody-knows'])
    expect(await end({ ...done, model })).toMatchObject({ flags: [] })
})

test('a word that nobody has told us of is that of a response that goes on, whatever it has used so far', async () => {
  for (const status of ['pausing', 'pending', 'constructor'])
    for (const told of [null, usage]) expect(await end({ status, usage: told })).toBeNull()
  expect(await end({})).toBeNull()
  expect(await end({ usage })).toMatchObject({ state: 'done' })
})

test('what is no response is none', () => {
  for (const text of ['{}', '[]', 'hello', '{"object":"video"}'])
    expect(() => readResponseEnd(new TextEncoder().encode(text))).toThrow()
})
